// A folder that is gone after the test.

/** Runs `body` with a fresh folder and removes it afterwards. */
export async function withTemporaryFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "fluxline-test-" });
  try {
    await body(await Deno.realPath(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
