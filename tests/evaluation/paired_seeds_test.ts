import assert from "node:assert/strict";
import { pairedSeeds, SEED_LEVEL } from "../../lib/evaluation/paired_seeds.ts";
import { meanInterval } from "../../lib/evaluation/student_t.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";

/** Differences of `seeds` seeds on `images` pictures, with spreads between seeds, between pictures and of every measurement. */
function drawn(
  stream: RandomStream,
  { seeds, images, seedSpread, imageSpread, effect = 0, isShared = true }: {
    readonly seeds: number;
    readonly images: number;
    readonly seedSpread: number;
    readonly imageSpread: number;
    readonly effect?: number;
    readonly isShared?: boolean;
  },
): Map<string, number>[] {
  const common = Array.from({ length: images }, () => stream.normal());
  return Array.from({ length: seeds }, (_, seed) => {
    const shift = effect + stream.normal() * seedSpread;
    return new Map(common.map((image, index) => {
      const own = isShared ? image : stream.normal();
      const name = isShared ? `${index}` : `${seed}.${index}`;
      return [name, shift + own * imageSpread + stream.normal()] as const;
    }));
  });
}

Deno.test("pairedSeeds() says nothing of other seeds from one seed, and takes a mean of means", () => {
  const one = pairedSeeds([new Map([["a", 1], ["b", 3]])]);
  assert.deepEqual([one.mean, one.interval, one.images], [2, null, 2]);
  const two = pairedSeeds([
    new Map([["a", 1], ["b", 3]]),
    new Map([["a", 5], ["b", 7]]),
  ]);
  assert.deepEqual([two.mean, two.perSeed, two.seeds], [4, [2, 6], 2]);
  const picture = new Map([["a", 1]]);
  assert.equal(pairedSeeds([picture, picture]).interval, null);
  assert.throws(() => pairedSeeds([]), RangeError);
  assert.throws(() => pairedSeeds([new Map()]), RangeError);
});

Deno.test("pairedSeeds() is never narrower than the t interval of the seeds' means, and wider where pictures differ", () => {
  const stream = RandomStream.of(1, "paired seeds");
  for (const isShared of [true, false]) {
    const seeds = drawn(stream, {
      ...{ seeds: 4, images: 10, seedSpread: 0.1, imageSpread: 3, isShared },
    });
    const found = pairedSeeds(seeds);
    const plain = meanInterval(found.perSeed, SEED_LEVEL);
    assert.ok(found.interval !== null && plain.interval !== null);
    const ratio = (found.interval[1] - found.interval[0]) /
      (plain.interval[1] - plain.interval[0]);
    assert.ok(ratio > (isShared ? 2 : 1), `${ratio}`);
  }
});

// Of equal arms, whichever spread is the larger one, few seeds included: at most 1 % and what chance adds to 1000 draws.
for (const seeds of [2, 3, 5]) {
  for (const [seedSpread, imageSpread] of [[1, 0.1], [0.1, 1], [0, 0]]) {
    Deno.test(`pairedSeeds() of ${seeds} seeds claims no difference of equal arms with spreads ${seedSpread} and ${imageSpread}`, () => {
      const stream = RandomStream.of(seeds, `${seedSpread} ${imageSpread}`);
      let claims = 0;
      for (let repeat = 0; repeat < 1000; repeat++) {
        const { interval } = pairedSeeds(drawn(stream, {
          ...{ seeds, images: 12, isShared: repeat % 2 === 0 },
          ...{ seedSpread: seedSpread ?? 0, imageSpread: imageSpread ?? 0 },
        }));
        assert.ok(interval !== null);
        if (interval[0] > 0 || interval[1] < 0) claims++;
      }
      assert.ok(claims <= 20, `${claims} of 1000`);
    });
  }
}

// Each seed leaves out one of 20 pictures, so that all share nearly all of them: what these have in common is no evidence of more.
Deno.test("pairedSeeds() claims no difference of equal arms where seeds share most pictures, but not all", () => {
  const stream = RandomStream.of(8, "most shared");
  let claims = 0;
  for (let repeat = 0; repeat < 300; repeat++) {
    const pictures = Array.from({ length: 20 }, () => stream.normal());
    const { interval } = pairedSeeds(
      Array.from({ length: 8 }, (_, seed) =>
        new Map(
          pictures.map((picture, index) => [`${index}`, picture] as const)
            .filter((_, index) => index !== seed),
        )),
    );
    assert.ok(interval !== null);
    if (interval[0] > 0 || interval[1] < 0) claims++;
  }
  assert.ok(claims <= 6, `${claims} of 300`);
});

Deno.test("pairedSeeds() finds an effect of several spreads with five seeds", () => {
  const stream = RandomStream.of(9, "effect");
  for (let repeat = 0; repeat < 50; repeat++) {
    const { interval } = pairedSeeds(drawn(stream, {
      ...{ seeds: 5, images: 40, seedSpread: 0.3, imageSpread: 0.3, effect: 2 },
    }));
    assert.ok(interval !== null && interval[0] > 0);
  }
});
