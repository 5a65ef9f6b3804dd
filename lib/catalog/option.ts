// Building blocks of the schemas: options with a default, a range and a sentence for editors.
import * as v from "valibot";

/** A schema for `T` that accepts `T`. */
export type ValueSchema<T> = v.GenericSchema<T, T>;
/** An option that may be left out. */
export type DefaultedSchema<T> = v.GenericSchema<T | undefined, T>;
/** A closed map of options: unknown keys are issues, all of them at once. */
export type ClosedMap<E extends v.ObjectEntries> = v.StrictObjectSchema<
  E,
  undefined
>;

/** Limits of a number; `above` and `below` exclude the limit itself. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/**
 * A map with exactly these keys. Valibot's own strict object stops at the first unknown key; this one reports each,
 * with the known keys as the issue's `requirement`, so that a suggestion can be made.
 */
export function closedMap<const E extends v.ObjectEntries>(
  entries: E,
): ClosedMap<E> {
  const schema = v.strictObject(entries);
  const open = v.object(entries);
  const requirement = Object.keys(entries);
  return {
    ...schema,
    "~run"(dataset, config) {
      const input: unknown = dataset.value;
      const checked = open["~run"](dataset, config);
      if (typeof input !== "object" || input === null) {
        return checked as ReturnType<typeof schema["~run"]>;
      }
      for (const [key, value] of Object.entries(input)) {
        if (requirement.includes(key)) continue;
        v._addIssue({ ...schema, requirement }, "key", checked, config, {
          input: key,
          expected: "never",
          path: [{
            type: "object",
            origin: "key",
            input: input as Record<string, unknown>,
            key,
            value,
          }],
        });
      }
      return checked as ReturnType<typeof schema["~run"]>;
    },
  };
}

/** A whole number in a range. */
export function wholeNumber(range: Range = {}): ValueSchema<number> {
  return v.pipe(v.number(), v.integer(), ...limits(range)) as ValueSchema<
    number
  >;
}

/** A finite number in a range. */
export function finiteNumber(range: Range = {}): ValueSchema<number> {
  return v.pipe(v.number(), v.finite(), ...limits(range)) as ValueSchema<
    number
  >;
}

/** Text of at least one character. */
export function someText(): ValueSchema<string> {
  return v.pipe(v.string(), v.nonEmpty()) as ValueSchema<string>;
}

/** An option with a default and the sentence that editors show for it. */
export function option<T>(
  schema: ValueSchema<T>,
  fallback: T,
  about: string,
): DefaultedSchema<T> {
  return v.optional(
    v.pipe(schema, v.description(about)),
    fallback as never,
  ) as unknown as DefaultedSchema<T>;
}

/** An option whose default is null: absent, or decided from other options. */
export function nullable<T>(
  schema: ValueSchema<T>,
  about: string,
): DefaultedSchema<T | null> {
  return v.optional(
    v.pipe(v.nullable(schema), v.description(about)),
    null as never,
  ) as unknown as DefaultedSchema<
    T | null
  >;
}

/** A map of options that may be left out: all of its own defaults apply then, checked once and not for each of thousands of steps. */
export function section<O>(
  schema: v.GenericSchema<unknown, O>,
): v.GenericSchema<unknown, O> {
  const absent = {};
  const open = v.optional(schema, absent);
  let defaults: O | undefined;
  return {
    ...open,
    "~run"(dataset, config) {
      // A map gives this very value to what it lacks.
      if (dataset.value !== absent) return open["~run"](dataset, config);
      defaults ??= v.parse(schema, absent);
      return { typed: true, value: defaults };
    },
  } as v.GenericSchema<unknown, O>;
}

function limits(range: Range): v.GenericPipeAction<number, number>[] {
  const actions: v.GenericPipeAction<number, number>[] = [];
  if (range.min !== undefined) actions.push(v.minValue(range.min));
  if (range.max !== undefined) actions.push(v.maxValue(range.max));
  if (range.above !== undefined) actions.push(v.gtValue(range.above));
  if (range.below !== undefined) actions.push(v.ltValue(range.below));
  return actions;
}
