// Builds kernels.c into kernels_binary.ts with Debian's clang-14 and lld-14: deno task kernels
import { encodeBase64 } from "./base64.ts";

const folder = new URL(".", import.meta.url).pathname;
const FLAGS = [
  "--target=wasm32",
  "-O3",
  "-msimd128",
  "-nostdlib",
  "-ffreestanding",
  "-fno-builtin",
  "-Wall",
  "-Werror",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--strip-all",
];

/** Compiles the source and returns the module's bytes. @throws {Error} with clang's own message. */
export async function buildKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const target = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    const { success, stderr } = await new Deno.Command("clang-14", {
      args: [...FLAGS, "-o", target, `${folder}kernels.c`],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readFile(target);
  } finally {
    await Deno.remove(target);
  }
}

/** Text of the generated module. */
export function binaryModule(bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,100}/g) ?? [];
  return [
    "// Generated from kernels.c by `deno task kernels`; do not edit.",
    "",
    "/** The compiled kernels, base64. */",
    "export const KERNELS_BASE64 = [",
    ...lines.map((line) => `  "${line}",`),
    '].join("");',
    "",
  ].join("\n");
}

if (import.meta.main) {
  await Deno.writeTextFile(
    `${folder}kernels_binary.ts`,
    binaryModule(await buildKernels()),
  );
}
