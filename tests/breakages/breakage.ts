// A mistake that somebody could make in one line, and the test that must notice it.

/** One of them. */
export interface Breakage {
  /** What is wrong then, in a few words; unique. */
  readonly name: string;
  /** Path in the repository. */
  readonly file: string;
  /** Text that stands in the file exactly once, within one line. */
  readonly from: string;
  readonly to: string;
  readonly test: NamedTest;
}

/** A test that must turn red. */
export interface NamedTest {
  /** Path in the repository. */
  readonly file: string;
  /** Its whole name. */
  readonly name: string;
}

/** `text` with the mistake in it. */
export function broken(text: string, { file, from, to }: Breakage): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`"${from}" stands ${parts.length - 1} times in ${file}`);
  }
  return parts.join(to);
}
