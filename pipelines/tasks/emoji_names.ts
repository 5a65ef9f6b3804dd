// What the names of the icons say: caption, group of variants, and the split that keeps a group on one side.
import { createHash } from "node:crypto";

const TONE_NAME =
  /(^|-)(light|medium-light|medium|medium-dark|dark)-skin-tone/g;
const TONE_NUMBER = /-tone([1-5])/g;
const TONES = ["light", "medium light", "medium", "medium dark", "dark"];
/** Mirrored or turned drawings of one picture. */
const TURNED = /-facing-right$/;

/** Sets that are one drawing with another hand or digit on it: a held-out one would be all but trained on. */
const SERIES: readonly [RegExp, string][] = [
  [/-(oclock|thirty)$/, "clock-face"],
  [/^keycap(-|$)/, "keycap"],
];

/** Words that tell the variants of one drawing apart, by whom they show. */
const PERSONS = new Set([
  ...["man", "men", "boy", "merman", "mr"],
  ...["woman", "women", "girl", "mermaid", "mrs"],
  ...["person", "people", "adult", "child", "merperson", "mx"],
]);

/** Whether the icon is a variant of another with a skin tone of its own. */
export function hasSkinTone(name: string): boolean {
  return plainName(name) !== name;
}

/**
 * Name that all variants of one icon have: skin tones, genders and the direction they face are left out,
 * and so is what tells a series of clocks or keycaps apart.
 * `man-cook-dark-skin-tone`, `woman-cook` and `cook` are all `cook`; `man` and `girl` are `person`.
 */
export function variantGroup(name: string): string {
  const series = SERIES.find(([pattern]) => pattern.test(name));
  if (series !== undefined) return series[1];
  const words = plainName(name).replace(TURNED, "").split("-");
  const others = words.filter((word) => !PERSONS.has(word));
  if (others.length === words.length) return words.join("-");
  // "woman-and-man-holding-hands" belongs to "people-holding-hands".
  return others.filter((word) => word !== "and").join("-") || "person";
}

/** The icon's name as plain words: `man-cook-tone5` is "man cook dark skin tone". */
export function captionOf(name: string): string {
  return name
    .replace(TONE_NUMBER, (_, tone) => ` ${TONES[Number(tone) - 1]} skin tone`)
    .replace(/\boclock\b/, "o'clock")
    .replaceAll("-", " ");
}

/** How many pictures each side gets. */
export interface SplitSizes {
  readonly heldout: number;
  /** Both sides together; null for all there are. */
  readonly limit: number | null;
}

/** Names on each side, sorted. */
export interface NameSplit {
  readonly train: readonly string[];
  readonly heldout: readonly string[];
}

/**
 * Deals whole groups out in an order that follows from the seed. A group that is larger than what a side still lacks is
 * passed over, so that both sides get their number exactly wherever smaller groups are left.
 */
export function splitNames(
  names: readonly string[],
  sizes: SplitSizes,
  seed: number,
): NameSplit {
  const groups = shuffledGroups(names, seed);
  const heldout = takeGroups(groups, sizes.heldout);
  const rest = groups.filter((group) => !heldout.includes(group));
  const train = sizes.limit === null
    ? rest
    : takeGroups(rest, sizes.limit - sizes.heldout);
  return { train: train.flat().sort(), heldout: heldout.flat().sort() };
}

/** A group's place depends on nothing but the seed and its name, so that a new icon moves no other. */
function shuffledGroups(names: readonly string[], seed: number): string[][] {
  const groups = Map.groupBy(names, variantGroup);
  return [...groups]
    .map(([group, members]) => ({ rank: digest(`${seed}/${group}`), members }))
    .sort((one, other) => one.rank < other.rank ? -1 : 1)
    .map(({ members }) => members);
}

function takeGroups(
  groups: readonly string[][],
  count: number,
): string[][] {
  let missing = count;
  return groups.filter((group) => {
    if (group.length > missing) return false;
    missing -= group.length;
    return true;
  });
}

function plainName(name: string): string {
  return name.replace(TONE_NAME, "").replace(TONE_NUMBER, "");
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
