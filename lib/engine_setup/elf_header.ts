// The first bytes of a shared library: which machine it is for.

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const CLASS_64 = 2;
const MACHINE_OFFSET = 18;
const MACHINES: Readonly<Record<number, string>> = {
  3: "x86",
  40: "arm",
  62: "x86_64",
  183: "aarch64",
  243: "riscv64",
};

/** Why the library at `path` cannot be for this machine, as a clause; null where it can. */
export function describeElf(path: string): string | null {
  let header: Uint8Array;
  try {
    header = readPrefix(path, MACHINE_OFFSET + 2);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no such file";
    // A step's process may load the library but not read it; the parent has looked.
    if (error instanceof Deno.errors.NotCapable) return null;
    throw error;
  }
  const isElf = MAGIC.every((byte, index) => header[index] === byte);
  if (!isElf || header.length < MACHINE_OFFSET + 2) {
    return "it is not a shared library for Linux (ELF)";
  }
  const machine = header[MACHINE_OFFSET]! | header[MACHINE_OFFSET + 1]! << 8;
  const name = MACHINES[machine] ?? `machine type ${machine}`;
  if (name === Deno.build.arch && header[4] === CLASS_64) return null;
  return `it is a library for ${name}, this machine is ${Deno.build.arch}`;
}

function readPrefix(path: string, length: number): Uint8Array {
  using file = Deno.openSync(path, { read: true });
  const bytes = new Uint8Array(length);
  const read = file.readSync(bytes) ?? 0;
  return bytes.subarray(0, read);
}
