// Byte strings that were something right once: samples with bits flipped, parts cut, doubled or taken from others, and other numbers
// where a length may stand.
import fc from "fast-check";
import { joinedBytes } from "../../lib/format/joined_bytes.ts";

/** Numbers that lengths, counts and offsets are replaced by. */
const ODD_NUMBERS = [
  ...[0n, 1n, 2n, 7n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn],
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 1n << 40n],
  ...[(1n << 53n) - 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
];

type Change =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "byte"; readonly at: number; readonly value: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "double"; readonly at: number; readonly count: number }
  | {
    readonly kind: "splice";
    readonly at: number;
    readonly from: number;
    readonly sample: number;
    readonly count: number;
  }
  | {
    readonly kind: "number";
    readonly at: number;
    readonly width: 1 | 2 | 4 | 8;
    readonly value: bigint;
    readonly little: boolean;
  }
  | { readonly kind: "insert"; readonly at: number; readonly text: string };

/** Where a change happens: heads decide most, so every second one is there. Larger places wrap around. */
const PLACE = fc.oneof(fc.nat(80), fc.nat(1 << 20));
const COUNT = fc.oneof(fc.nat(16), fc.nat(2000));

/** One to six changes of one of `samples`; `words` are texts that mean something to the reader. */
export function mutatedBytes(
  samples: readonly Uint8Array[],
  words: readonly string[] = [],
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.tuple(
    fc.nat(samples.length - 1),
    fc.array(changes(samples.length, words), { minLength: 1, maxLength: 6 }),
  ).map(([sample, list]) =>
    list.reduce(
      (bytes, change) => changed(bytes, change, samples),
      Uint8Array.from(samples[sample]!),
    )
  );
}

/** The same over texts; bytes that are no UTF-8 any more become signs of replacement. */
export function mutatedText(
  samples: readonly string[],
  words: readonly string[] = [],
): fc.Arbitrary<string> {
  const encoder = new TextEncoder();
  const bytes = samples.map((text) => encoder.encode(text));
  return mutatedBytes(bytes, words).map((one) => new TextDecoder().decode(one));
}

function changes(
  samples: number,
  words: readonly string[],
): fc.Arbitrary<Change> {
  const kind = <K extends Change["kind"]>(name: K) => fc.constant(name);
  const insertion = words.length === 0
    ? fc.string({ maxLength: 8 })
    : fc.constantFrom(...words);
  return fc.oneof(
    fc.record({ kind: kind("flip"), at: PLACE, bit: fc.nat(7) }),
    fc.record({ kind: kind("byte"), at: PLACE, value: fc.nat(255) }),
    fc.record({ kind: kind("cut"), at: PLACE }),
    fc.record({ kind: kind("remove"), at: PLACE, count: COUNT }),
    fc.record({ kind: kind("double"), at: PLACE, count: COUNT }),
    fc.record({
      kind: kind("splice"),
      at: PLACE,
      from: PLACE,
      sample: fc.nat(samples - 1),
      count: COUNT,
    }),
    fc.record({
      kind: kind("number"),
      at: PLACE,
      width: fc.constantFrom(1, 2, 4, 8),
      value: fc.constantFrom(...ODD_NUMBERS),
      little: fc.boolean(),
    }),
    fc.record({ kind: kind("insert"), at: PLACE, text: insertion }),
  );
}

function changed(
  bytes: Uint8Array<ArrayBuffer>,
  change: Change,
  samples: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const at = change.at % (bytes.length + 1);
  const around = (middle: Uint8Array, from = at) =>
    joinedBytes([bytes.subarray(0, at), middle, bytes.subarray(from)]);
  switch (change.kind) {
    case "flip":
      return around(
        Uint8Array.of((bytes[at] ?? 0) ^ (1 << change.bit)),
        at + 1,
      );
    case "byte":
      return around(Uint8Array.of(change.value), at + 1);
    case "cut":
      return bytes.slice(0, at);
    case "remove":
      return around(new Uint8Array(), at + change.count);
    case "double":
      return around(bytes.subarray(at, at + change.count));
    case "splice": {
      const other = samples[change.sample]!;
      const from = change.from % (other.length + 1);
      const part = other.subarray(from, from + change.count);
      return around(part, at + part.length);
    }
    case "number": {
      const number = new DataView(new ArrayBuffer(8));
      number.setBigUint64(0, change.value, change.little);
      const start = change.little ? 0 : 8 - change.width;
      const part = new Uint8Array(number.buffer, start, change.width);
      return around(part, at + part.length);
    }
    case "insert":
      return around(new TextEncoder().encode(change.text));
    default:
      return change satisfies never;
  }
}
