// JSON with one spelling per value, so that equal values have equal digests.

/** A value that JSON can hold without loss. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * JSON text with keys sorted by code unit; `undefined` members are left out, and -0 becomes 0.
 * `indent` is the number of blanks per level: 0 gives one line without blanks.
 *
 * @throws {TypeError} on NaN, infinities, functions, bigints, symbols, typed arrays, class instances and cycles: JSON would
 * lose them silently.
 */
export function canonicalJson(value: unknown, indent = 0): string {
  return JSON.stringify(canonicalValue(value, "value", []), null, indent);
}

function canonicalValue(
  value: unknown,
  place: string,
  above: readonly unknown[],
): JsonValue {
  if (
    value === null || typeof value === "boolean" || typeof value === "string"
  ) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value === 0 ? 0 : value;
    throw new TypeError(
      `Cannot write ${place} as JSON: found ${value}, wanted a finite number`,
    );
  }
  if (typeof value !== "object") {
    throw new TypeError(
      `Cannot write ${place} as JSON: found a ${typeof value}`,
    );
  }
  if (above.includes(value)) {
    throw new TypeError(`Cannot write ${place} as JSON: found a cycle`);
  }
  const path = [...above, value];
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      canonicalValue(item, `${place}[${index}]`, path)
    );
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const found = value.constructor?.name ?? "an unknown class";
    throw new TypeError(
      `Cannot write ${place} as JSON: found an instance of ${found}`,
    );
  }
  return canonicalRecord(value as Record<string, unknown>, place, path);
}

function canonicalRecord(
  record: Record<string, unknown>,
  place: string,
  path: readonly unknown[],
): JsonValue {
  const entries = Object.keys(record).sort().filter((key) =>
    record[key] !== undefined
  )
    .map((key) =>
      [key, canonicalValue(record[key], `${place}.${key}`, path)] as const
    );
  // Integer-like keys would jump to the front of a plain object in any case, so the order is still one per value.
  return Object.fromEntries(entries);
}
