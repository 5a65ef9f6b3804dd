// What a step prints, made harmless for a terminal: colours stay, everything else that a terminal obeys goes.

const ESC = "\u001b";
/** One character that stands for ESC and a bracket. */
const CSI = "\u009b";
const BEL = "\u0007";

/** Select Graphic Rendition: colours, bold and the like. */
const COLOR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);

const CONTROL = new RegExp(
  [
    // Control sequences: the cursor, the screen, colours.
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]`,
    // Strings with their content: the title, the clipboard.
    `${ESC}[\\]PX^_][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?`,
    `${ESC}[ -/]*[0-~]`,
    "(?![\\t\\n])\\p{Cc}",
  ].join("|"),
  "gu",
);

/** One line without sequences that move the cursor, set the title, or write to the clipboard. The log file keeps them all. */
export function printableText(line: string): string {
  return line.replaceAll(CONTROL, (found) => COLOR.test(found) ? found : "");
}
