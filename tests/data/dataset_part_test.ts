// The held-out part: by content and seed, disjoint, whole together, and steady when pictures are added.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  contentOf,
  partPlaces,
  readContents,
  samplesAt,
} from "../../lib/data/dataset_part.ts";
import { openImageTextFolder } from "../../lib/data/image_text_folder.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { pictureBytes, pictureFolder } from "./picture_folder.ts";

const CONTENTS = Array.from(
  { length: 2000 },
  (_, index) => contentOf(sha256Hex(`picture ${index}`)),
);

Deno.test("partPlaces() puts each picture into exactly one part, near the share", () => {
  for (const share of [0.05, 0.5]) {
    const held = partPlaces(CONTENTS, { share, part: "holdout", seed: 1 });
    const trained = partPlaces(CONTENTS, { share, part: "training", seed: 1 });
    assert.deepEqual(
      [...held, ...trained].toSorted((a, b) => a - b),
      CONTENTS.map((_, place) => place),
    );
    assert.ok(Math.abs(held.length / 2000 - share) < 0.03, `${held.length}`);
  }
});

Deno.test("partPlaces() is a function of content and seed: order, other pictures and the share's growth move nothing out", () => {
  const choice = { share: 0.2, part: "holdout", seed: 1 } as const;
  const held = partPlaces(CONTENTS, choice).map((at) => CONTENTS[at]);
  const reversed = CONTENTS.toReversed();
  const again = partPlaces(reversed, choice).map((at) => reversed[at]);
  assert.deepEqual(again.toReversed(), held);
  const fewer = partPlaces(CONTENTS.slice(0, 900), choice);
  assert.deepEqual(
    fewer,
    partPlaces(CONTENTS, choice).filter((at) => at < 900),
  );
  const larger = new Set(partPlaces(CONTENTS, { ...choice, share: 0.3 }));
  assert.ok(partPlaces(CONTENTS, choice).every((at) => larger.has(at)));
  assert.notDeepEqual(partPlaces(CONTENTS, { ...choice, seed: 2 }), held);
});

Deno.test("readContents() knows a copy under another name, so that it cannot be on the other side", async () => {
  using folder = pictureFolder(
    3,
    "0.png\ta\n1.png\tb\ncopy.png\tc\n0.png\td\n2.png\te\n",
  );
  Deno.writeFileSync(join(folder.imageFolder, "copy.png"), pictureBytes(0));
  const source = await openImageTextFolder(folder);
  const contents = await readContents(source);
  assert.equal(contents[0], contents[2]);
  assert.equal(contents[0], contents[3]);
  assert.equal(new Set(contents).size, 3);
  const part = samplesAt(source, [2, 4]);
  assert.equal(part.size, 2);
  assert.deepEqual([part.name(0), part.caption(1)], ["copy.png", "e"]);
  assert.deepEqual(await part.read(1), pictureBytes(2));
  assert.deepEqual(part.header(0), { width: 4, height: 4 });
});
