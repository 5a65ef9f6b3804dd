// Groups, captions and the split of the emoji data set.
import {
  deepStrictEqual,
  notDeepStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import noto from "@iconify-json/noto/icons.json" with { type: "json" };
import {
  captionOf,
  hasSkinTone,
  splitNames,
  variantGroup,
} from "../../pipelines/tasks/emoji_names.ts";

const NAMES: readonly string[] = Object.keys(noto.icons);

Deno.test("variantGroup() is one for all tones, genders and directions of an icon", () => {
  const same = [
    ["cook", "man-cook", "woman-cook", "man-cook-dark-skin-tone"],
    ["person-running", "man-running-facing-right", "woman-running-tone3"],
    ["person", "man", "woman-medium-light-skin-tone", "girl", "child"],
    [
      "people-holding-hands",
      "woman-and-man-holding-hands",
      "men-holding-hands",
    ],
    ["handshake", "handshake-medium-light-skin-tone-medium-skin-tone"],
    ["one-oclock", "ten-thirty"],
    ["keycap-0", "keycap"],
    ["mrs-claus", "mx-claus"],
  ];
  for (const names of same) {
    strictEqual(new Set(names.map(variantGroup)).size, 1, names.join(" "));
  }
  strictEqual(variantGroup("salt-and-pepper"), "salt-and-pepper");
  ok(variantGroup("woman-judge") !== variantGroup("woman-pilot"));
});

Deno.test("hasSkinTone() finds what is left out by default", () => {
  deepStrictEqual(
    ["cook", "cook-tone1", "man-cook-medium-dark-skin-tone", "dark-skin-tone"]
      .map(hasSkinTone),
    [false, true, true, true],
  );
  strictEqual(NAMES.filter((name) => !hasSkinTone(name)).length, 1738);
});

Deno.test("captionOf() says the name in plain words", () => {
  strictEqual(captionOf("red-heart"), "red heart");
  strictEqual(captionOf("one-oclock"), "one o'clock");
  strictEqual(captionOf("man-cook-tone5"), "man cook dark skin tone");
  strictEqual(
    captionOf("man-cook-medium-light-skin-tone"),
    "man cook medium light skin tone",
  );
  ok(NAMES.every((name) => /^[a-z0-9' ]+$/.test(captionOf(name))));
});

Deno.test("splitNames() keeps every group on one side and uses every name once", () => {
  const split = splitNames(NAMES, { heldout: 400, limit: null }, 7);
  strictEqual(split.heldout.length, 400);
  deepStrictEqual([...split.train, ...split.heldout].sort(), [...NAMES].sort());
  const trained = new Set(split.train.map(variantGroup));
  deepStrictEqual(
    split.heldout.filter((name) => trained.has(variantGroup(name))),
    [],
  );
});

Deno.test("splitNames() follows from the seed and not from the order of the names", () => {
  const sizes = { heldout: 100, limit: null };
  const split = splitNames(NAMES, sizes, 7);
  deepStrictEqual(splitNames(NAMES.toReversed(), sizes, 7), split);
  notDeepStrictEqual(splitNames(NAMES, sizes, 8).heldout, split.heldout);
});

Deno.test("splitNames() counts both sides into its limit", () => {
  const split = splitNames(NAMES, { heldout: 40, limit: 240 }, 7);
  deepStrictEqual([split.heldout.length, split.train.length], [40, 200]);
});
