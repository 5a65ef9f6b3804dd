// Who holds a lock, as the lock file tells it. It is for messages only: the kernel's lock alone decides, so nothing here is synced.
import { isGranted } from "./granted.ts";

/** Who holds a lock, as far as that process may know it itself. */
export interface LockHolder {
  readonly host: string | null;
  /** Tells a process number from the same number before a reboot. */
  readonly bootId: string | null;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** One clause for messages: `process 4711 on host "vm" since 2026-01-01T00:00:00.000Z`. */
export function describeHolder(holder: LockHolder | null): string {
  if (holder === null) return "another process";
  const host = holder.host === null ? "" : ` on host "${holder.host}"`;
  return `process ${holder.pid}${host} since ${holder.since}`;
}

/** The words of process `pid` of this machine about itself. */
export function holderNow(pid: number): LockHolder {
  return {
    host: isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null,
    bootId: readBootId(),
    pid,
    since: new Date().toISOString(),
  };
}

function readBootId(): string | null {
  const path = "/proc/sys/kernel/random/boot_id";
  if (!isGranted({ name: "read", path })) return null;
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    // Deno keeps /proc to processes with every permission; other systems have no such file.
    return null;
  }
}

/** Who a lock file names; null where that cannot be understood. */
export async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    return parseHolder(await Deno.readTextFile(path));
  } catch {
    return null;
  }
}

/** Who the text of a lock file names; null where that cannot be understood. */
export function parseHolder(text: string): LockHolder | null {
  try {
    const found = JSON.parse(text) as Partial<LockHolder> | null;
    if (typeof found?.pid !== "number" || typeof found.since !== "string") {
      return null;
    }
    return {
      host: typeof found.host === "string" ? found.host : null,
      bootId: typeof found.bootId === "string" ? found.bootId : null,
      pid: found.pid,
      since: found.since,
    };
  } catch {
    // The holder may be writing its name at this moment.
    return null;
  }
}
