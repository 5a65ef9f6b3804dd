// JSON texts that were a right record once: with values replaced by odd ones, keys removed, added or exchanged, and the seal made
// right again, so that what stands behind the seal's check is reached too.
import fc from "fast-check";
import { seal } from "../../lib/disk/sealed_record.ts";
import { isRecord } from "../../lib/json/record.ts";
import { mutatedText } from "./mutated_bytes.ts";

/** How a record vouches for itself. */
export type SealKind = "sealed" | "plain";

/** Text that takes the place of a marked string, since no value prints so. */
const RAW: Readonly<Record<string, string>> = {
  "@infinite@": "1e999",
  "@huge@": "9".repeat(400),
  "@nested lists@": `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  "@nested maps@": `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
  "@twice@": '{"path":"a","path":"b"}',
};

const ODD_VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 1e308, -1e308, 2 ** 53, 1e15, 4e9],
  ...["", " ", "0", "../../etc/passwd", "/etc/passwd", "..", ".", "a\0b"],
  ...["C:\\Windows\\win.ini", "..\\..\\x", "CON", "\ud800", "\u202e", "é"],
  ...["x".repeat(10_000), [], {}, [[]], [null], [1, 2, 3], { path: "../x" }],
  { length: 1e9 },
  ...["files", "__proto__", "constructor", "toString"],
  ...Object.keys(RAW),
];

type Change =
  | { readonly kind: "value"; readonly at: number; readonly value: unknown }
  | { readonly kind: "remove"; readonly at: number }
  | { readonly kind: "add"; readonly at: number; readonly key: string }
  | { readonly kind: "copy"; readonly at: number; readonly from: number }
  | { readonly kind: "repeat"; readonly at: number; readonly times: number };

const PLACE = fc.nat(400);

const CHANGE: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("value" as const),
      at: PLACE,
      value: fc.oneof(
        fc.constantFrom(...ODD_VALUES),
        fc.jsonValue({ maxDepth: 2 }),
      ),
    }),
  },
  fc.record({ kind: fc.constant("remove" as const), at: PLACE }),
  fc.record({
    kind: fc.constant("add" as const),
    at: PLACE,
    key: fc.constantFrom("__proto__", "constructor", "length", "", "0", "then"),
  }),
  fc.record({ kind: fc.constant("copy" as const), at: PLACE, from: PLACE }),
  fc.record({
    kind: fc.constant("repeat" as const),
    at: PLACE,
    times: fc.integer({ min: 2, max: 300 }),
  }),
);

/** Texts of one of `samples` after changes of its values, or of its bytes. */
export function mutatedJson(
  samples: readonly unknown[],
  kind: SealKind,
): fc.Arbitrary<string> {
  const byValues = fc.tuple(
    fc.nat(samples.length - 1),
    fc.array(CHANGE, { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 0, max: 9 }),
  ).map(([sample, changes, chance]) =>
    // One in ten keeps the seal that does not match.
    textOf(changed(samples[sample], changes), chance === 0 ? "plain" : kind)
  );
  const texts = samples.map((sample) => JSON.stringify(sample, null, 2));
  return fc.oneof(
    { weight: 4, arbitrary: byValues },
    {
      weight: 1,
      arbitrary: mutatedText(texts, ['"', "{", "]", ",", "null", "1e999"]),
    },
  );
}

interface Spot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

function changed(sample: unknown, changes: readonly Change[]): unknown {
  const root: { value: unknown } = { value: structuredClone(sample) };
  for (const change of changes) {
    const spots = spotsOf(root as Record<string, unknown>);
    const spot = spots[change.at % spots.length];
    if (spot === undefined) break;
    const holder = spot.holder as Record<string, unknown>;
    switch (change.kind) {
      case "value":
        holder[spot.key] = structuredClone(change.value);
        break;
      case "remove":
        if (Array.isArray(holder)) holder.splice(Number(spot.key), 1);
        else delete holder[spot.key];
        break;
      case "add":
        // A list has these keys already.
        if (Array.isArray(holder)) break;
        Object.defineProperty(holder, change.key, {
          ...{ value: 1, enumerable: true, writable: true, configurable: true },
        });
        break;
      case "copy": {
        const from = spots[change.from % spots.length]!;
        const value = (from.holder as Record<string, unknown>)[from.key];
        holder[spot.key] = structuredClone(value);
        break;
      }
      case "repeat": {
        const value = holder[spot.key];
        if (Array.isArray(value) && value.length < 50) {
          holder[spot.key] = Array.from(
            { length: change.times },
            () => value,
          ).flat();
        }
        break;
      }
      default:
        change satisfies never;
    }
  }
  return root.value;
}

/** Every place of a value, the whole first. */
function spotsOf(root: Record<string, unknown>): Spot[] {
  const spots: Spot[] = [];
  const walk = (holder: Record<string, unknown> | unknown[]) => {
    for (const [key, value] of Object.entries(holder)) {
      if (spots.length > 2000) return;
      spots.push({ holder, key });
      if (typeof value === "object" && value !== null) {
        walk(value as Record<string, unknown>);
      }
    }
  };
  walk(root);
  return spots;
}

function textOf(value: unknown, kind: SealKind): string {
  const record = kind === "sealed" && isRecord(value) ? resealed(value) : value;
  let text = JSON.stringify(record) ?? "null";
  for (const [mark, raw] of Object.entries(RAW)) {
    text = text.replace(JSON.stringify(mark), raw);
  }
  return text;
}

function resealed(record: Record<string, unknown>): Record<string, unknown> {
  const { seal: _old, ...rest } = record;
  // Raw texts are not in the digest: such a record has a wrong seal, which is a case too.
  return seal(rest);
}
