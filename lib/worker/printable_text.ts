// What a step prints, made harmless for a terminal: colours stay, everything else that a terminal obeys goes.

/** Select Graphic Rendition: colours, bold and the like. */
// deno-lint-ignore no-control-regex
const COLOR = /^\u001b\[[0-9;:]*m$/;

// CSI, then OSC and the other strings with their content, then two-character escapes, then single control characters but tab.
const CONTROL =
  // deno-lint-ignore no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** One line without sequences that move the cursor, set the title, or write to the clipboard. The log file keeps them all. */
export function printableText(line: string): string {
  return line.replaceAll(CONTROL, (found) => COLOR.test(found) ? found : "");
}
