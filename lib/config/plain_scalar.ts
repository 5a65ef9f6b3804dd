// What text without quotes stands for, by the core schema of YAML 1.2.

const WHOLE = /^(?:0|-?[1-9]\d{0,14})$/;
const BROKEN = /^-?\d+\.\d+(?:[eE][-+]?\d+)?$|^-?\d+[eE][-+]?\d+$/;
/** Spellings of numbers that are rare, some of which are text after all. */
const NUMBER_LIKE =
  /^[-+]?(?:[\d.]+(?:e[-+]?\d*)?|0[xo][\da-f]*|\.inf|\.nan)$/i;
const WORD = /^(?:null|true|false)$/i;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ["null", null],
  ["true", true],
  ["false", false],
]);

/** The text itself, or the number, boolean or null that it spells; undefined where the spelling is too rare to be sure. */
export function plainScalar(
  text: string,
): string | number | boolean | null | undefined {
  const code = text.charCodeAt(0);
  if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90)) {
    if (!WORD.test(text)) return text;
    return WORDS.get(text);
  }
  if (WHOLE.test(text)) return Number(text);
  if (BROKEN.test(text)) return Number.parseFloat(text);
  return text === "" || text[0] === "~" || NUMBER_LIKE.test(text)
    ? undefined
    : text;
}
