// The fields of a cron expression as lists of numbers, for programs with another way of writing times.

/** Values of each field; null where the field does not restrict. */
export interface CronFields {
  readonly second: readonly number[] | null;
  readonly minute: readonly number[] | null;
  readonly hour: readonly number[] | null;
  readonly dayOfMonth: readonly number[] | null;
  readonly month: readonly number[] | null;
  /** 0 is Sunday. */
  readonly dayOfWeek: readonly number[] | null;
}

const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@hourly": "0 * * * *",
};
const MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split(" ");
const DAYS = "SUN MON TUE WED THU FRI SAT".split(" ");

/** The fields; null where the expression says more than lists of numbers can (last days, weeks, years). */
export function cronFields(expression: string): CronFields | null {
  const text = expression.trim();
  const words = (NICKNAMES[text.toLowerCase()] ?? text).toUpperCase()
    .split(/\s+/);
  const six = words.length === 5 ? ["0", ...words] : words;
  if (six.length !== 6) return null;
  const [second = "", minute = "", hour = "", day = "", month = "", week = ""] =
    six;
  const monthNumbers = withNames(month, MONTHS, 1);
  const weekNumbers = withNames(week, DAYS, 0);
  const fields = {
    second: values(second, 0, 59),
    minute: values(minute, 0, 59),
    hour: values(hour, 0, 23),
    dayOfMonth: values(day, 1, 31),
    month: values(monthNumbers, 1, 12),
    dayOfWeek: values(weekNumbers, 0, 7)?.map((one) => one % 7),
  };
  if (Object.values(fields).includes(undefined)) return null;
  const whole = fields as { [K in keyof typeof fields]: number[] | null };
  const dayOfWeek = whole.dayOfWeek === null
    ? null
    : [...new Set(whole.dayOfWeek)].sort((a, b) => a - b);
  return { ...whole, dayOfWeek };
}

function withNames(
  text: string,
  names: readonly string[],
  first: number,
): string {
  return text.replace(/[A-Z]{3}/g, (name) => {
    const index = names.indexOf(name);
    return index < 0 ? name : String(index + first);
  });
}

/** Null for every value, undefined for a text that is no list of numbers, ranges and steps. */
function values(
  text: string,
  least: number,
  most: number,
): number[] | null | undefined {
  if (text === "*" || text === "?") return null;
  const found = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [, from, to, step] = match;
    const start = from === undefined ? least : Number(from);
    const isOne = from !== undefined && to === undefined && step === undefined;
    const end = isOne ? start : to === undefined ? most : Number(to);
    for (let value = start; value <= end; value += Number(step ?? 1)) {
      found.add(value);
    }
  }
  return [...found].sort((a, b) => a - b);
}
