// JSON with one spelling per value, so that equal values have equal digests.

/** A value that JSON can hold without loss. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** No record of ours comes near; what does was made to exhaust the stack. */
const DEEPEST = 200;

/**
 * JSON text with keys sorted by code unit; `undefined` members are left out, and -0 becomes 0.
 * `indent` is the number of blanks per level: 0 gives one line without blanks.
 *
 * @throws {TypeError} on NaN, infinities, functions, bigints, symbols, typed arrays, class instances and cycles: JSON would
 * lose them silently; and on values that are nested more than 200 deep.
 */
export function canonicalJson(value: unknown, indent = 0): string {
  const trail = { keys: [], above: [] };
  return JSON.stringify(canonicalValue(value, trail), null, indent);
}

/** The way to a value: records have thousands of them, and only a message spells it out. */
interface Trail {
  readonly keys: (string | number)[];
  readonly above: unknown[];
}

function canonicalValue(value: unknown, trail: Trail): JsonValue {
  if (
    value === null || typeof value === "boolean" || typeof value === "string"
  ) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value === 0 ? 0 : value;
    throw unwritable(trail, `found ${value}, wanted a finite number`);
  }
  if (typeof value !== "object") {
    throw unwritable(trail, `found a ${typeof value}`);
  }
  if (trail.above.includes(value)) throw unwritable(trail, "found a cycle");
  if (trail.above.length > DEEPEST) {
    throw new TypeError(
      `Cannot write a value as JSON: it is nested more than ${DEEPEST} deep`,
    );
  }
  trail.above.push(value);
  const canonical = Array.isArray(value)
    ? value.map((item, index) => memberOf(item, index, trail))
    : canonicalRecord(value as Record<string, unknown>, trail);
  trail.above.pop();
  return canonical;
}

function canonicalRecord(
  record: Record<string, unknown>,
  trail: Trail,
): JsonValue {
  const prototype = Object.getPrototypeOf(record);
  if (prototype !== Object.prototype && prototype !== null) {
    const found = record.constructor?.name ?? "an unknown class";
    throw unwritable(trail, `found an instance of ${found}`);
  }
  const entries: [string, JsonValue][] = [];
  for (const key of Object.keys(record).sort()) {
    const value = record[key];
    if (value !== undefined) {
      entries.push([key, memberOf(value, key, trail)]);
    }
  }
  // Integer-like keys would jump to the front of a plain object in any case, so the order is still one per value.
  return Object.fromEntries(entries);
}

function memberOf(
  value: unknown,
  key: string | number,
  trail: Trail,
): JsonValue {
  trail.keys.push(key);
  const canonical = canonicalValue(value, trail);
  trail.keys.pop();
  return canonical;
}

function unwritable({ keys }: Trail, problem: string): TypeError {
  const way = keys.map((key) =>
    typeof key === "number" ? `[${key}]` : `.${key}`
  ).join("");
  return new TypeError(`Cannot write value${way} as JSON: ${problem}`);
}
