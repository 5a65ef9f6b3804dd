// Columns of text. Table and colour packages read the environment when they are loaded; a plan may not.

/** Lines of the rows with their columns aligned, two blanks between columns and none at the end of a line. */
export function textTable(
  rows: readonly (readonly string[])[],
  indent = "",
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) =>
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    );
  }
  return rows.map((row) =>
    indent +
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")
      .trimEnd()
  );
}

/** `1 step`, `3 steps`; nouns of another plural give it. */
export function counted(
  count: number,
  noun: string,
  plural = `${noun}s`,
): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
