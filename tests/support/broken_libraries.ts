// TensorFlow libraries that cannot serve, and cache folders that hold them.
import { join } from "node:path";
import type { OutsideProgram } from "./outside_program.ts";

/** What compiles them. */
export const CLANG: OutsideProgram = {
  name: "clang",
  how: "apt-get install clang-14",
  probe: ["clang-14", "--version"],
};

const MACHINES = { x86_64: 62, aarch64: 183 } as const;

/** The architecture that this machine does not have. */
export const OTHER_ARCH = Deno.build.arch === "aarch64" ? "x86_64" : "aarch64";

/** A 64-bit ELF header for a machine and nothing behind it. */
export function hollowLibrary(
  arch: keyof typeof MACHINES,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.set([3, 0, MACHINES[arch], 0], 16);
  return header;
}

/** C code of a library that says to be TensorFlow of that version and has nothing else. */
export function versionSource(version: string): string {
  return `const char *TF_Version(void) { return "${version}"; }`;
}

/** The path of a library compiled from C. */
export async function compiledLibrary(
  path: string,
  source: string,
): Promise<string> {
  await Deno.writeTextFile(`${path}.c`, source);
  const { success, stderr } = await new Deno.Command("clang-14", {
    args: ["-shared", "-fPIC", "-o", path, `${path}.c`],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return path;
}

/** Makes `folder` a cache in which TensorFlow 2.21.0 is installed; answers the folder that its files belong into. */
export function cacheWithRecord(
  folder: string,
  build: "cpu" | "gpu" = "cpu",
): string {
  const path = join(folder, "tensorflow", `2.21.0-${build}`);
  Deno.mkdirSync(path, { recursive: true });
  const record = {
    version: 1,
    tensorflow: "2.21.0",
    build,
    wheel: "some.whl",
    sha256: "0".repeat(64),
    files: [],
  };
  Deno.writeTextFileSync(join(path, "library.json"), JSON.stringify(record));
  return path;
}
