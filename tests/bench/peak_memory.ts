// The most memory that this process has held at once.

/** Bytes of resident memory at their peak; what is held now where the system does not tell. */
export async function peakMemory(): Promise<number> {
  if (Deno.build.os === "linux") {
    const status = await Deno.readTextFile("/proc/self/status");
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  }
  return Deno.memoryUsage().rss;
}
