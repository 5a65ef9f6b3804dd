// What a program said last: where it failed, that mostly tells why.

/** The last line of an output that is not blank; the empty string where there is none. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1) ?? "";
}
