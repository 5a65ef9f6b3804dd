// Conditions on runs as people write them: `recon_l1<0.05`, `state=done`, `time>2h`, `pipeline~spade`.
import { parseDurationMs } from "../clock/duration.ts";
import { UsageError } from "../error/failure.ts";
import type { Field } from "./field.ts";

const OPERATORS = ["<=", ">=", "!=", "<", ">", "=", "~"] as const;
type Operator = typeof OPERATORS[number];

/** A condition before its field is found. */
export interface WrittenCondition {
  readonly text: string;
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/**
 * Reads a condition.
 *
 * @throws {UsageError} where it has no field, no operator or no value
 */
export function parseCondition(text: string): WrittenCondition {
  const match = /^\s*([^<>=!~]+?)\s*(<=|>=|!=|<|>|==?|~)\s*(.+?)\s*$/.exec(
    text,
  );
  if (match === null) {
    throw new UsageError(
      `Cannot read --where "${text}": wanted a field, one of ${
        OPERATORS.join(" ")
      }, and a value`,
      { hint: 'Quote it for the shell, as in --where "recon_l1<0.05"' },
    );
  }
  const [, field = "", sign = "", value = ""] = match;
  const operator = (sign === "==" ? "=" : sign) as Operator;
  return { text, field, operator, value: unquoted(value) };
}

/**
 * A test of one value of `field`. What a run does not have meets no condition.
 *
 * @throws {UsageError} where the field holds lengths of time and the value is none
 */
export function meets(
  field: Field,
  { text, operator, value }: WrittenCondition,
): (found: unknown) => boolean {
  const wanted = field.kind === "duration" && operator !== "~"
    ? durationOf(text, value)
    : numberOrText(value);
  return (found) => {
    if (found === undefined) return false;
    if (operator === "~") {
      return textOf(found).toLowerCase().includes(value.toLowerCase());
    }
    if (operator === "=") return isEqual(found, wanted);
    if (operator === "!=") return !isEqual(found, wanted);
    const order = compareValues(found, wanted);
    if (order === null) return false;
    switch (operator) {
      case "<":
        return order < 0;
      case "<=":
        return order <= 0;
      case ">":
        return order > 0;
      case ">=":
        return order >= 0;
      default:
        return operator satisfies never;
    }
  };
}

/** Negative, zero or positive for two numbers or two texts; null for values that have no order. */
export function compareValues(a: unknown, b: unknown): number | null {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a !== "string" || typeof b !== "string") return null;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A value as text; lists and maps as JSON. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isEqual(found: unknown, wanted: number | string): boolean {
  return typeof found === "number" && typeof wanted === "number"
    ? found === wanted
    : textOf(found) === String(wanted);
}

function numberOrText(value: string): number | string {
  const number = Number(value);
  return /^[-+.\d]/.test(value) && Number.isFinite(number) ? number : value;
}

function durationOf(text: string, value: string): number {
  const ms = parseDurationMs(value);
  if (ms !== null) return ms;
  throw new UsageError(
    `Cannot read --where "${text}": wanted a length of time such as 90s, 30min or 2h, found "${value}"`,
  );
}

function unquoted(value: string): string {
  const match = /^(["'])(.*)\1$/.exec(value);
  return match === null ? value : match[2]!;
}
