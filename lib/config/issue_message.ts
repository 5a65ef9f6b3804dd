// What valibot found, told in this project's words: what was found, what is wanted, what was probably meant.
import type * as v from "valibot";
import { didYouMean, nearestName } from "../source/suggestion.ts";

/** One issue as text. `about` says whether it concerns a key that should not be there, one that is missing, or a value. */
export interface IssueText {
  readonly about: "unknown key" | "missing key" | "value";
  readonly message: string;
  readonly hint?: string;
}

const SHORT_LIST = 14;

/** Words that other trainers, and FluxFlow's own papers, use for our keys. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  learning_rate: "lr",
  epochs: "n_epochs",
  duration_epochs: "n_epochs",
  train_flow: "train_diff",
  freeze_modules: "freeze",
  transition_criteria: "transition_on",
  stop_condition: "transition_on",
  depends_on: "needs",
  optimizer_type: "type",
  momentum_decay: "momentum",
  T_max: "total_iters",
  eta_min: "eta_min_factor",
  data_path: "image_folder",
  env: "permissions",
  script: "uses",
  options: "with",
};

/** Describes an issue of `where` (such as `step "flow"`); `path` leads to the value from there. */
export function describeIssue(
  issue: v.BaseIssue<unknown>,
  where: string,
  path: readonly string[],
): IssueText {
  const key = path.at(-1) ?? "";
  const parent = path.slice(0, -1).join(".");
  const inParent = parent === "" ? "" : ` in "${parent}"`;
  if (isUnknownKey(issue)) {
    const known = issue.requirement;
    const meant = meantKey(issue);
    const guess = meant === undefined ? "" : `, did you mean "${meant}"?`;
    return {
      about: "unknown key",
      message: `Cannot read ${where}: unknown key "${key}"${inParent}${guess}`,
      ...(guess === "" && known.length <= SHORT_LIST
        ? { hint: `Keys known here are ${known.join(", ")}` }
        : {}),
    };
  }
  if (isMissingKey(issue)) {
    return {
      about: "missing key",
      message: `Cannot read ${where}: the key "${key}" is missing${inParent}`,
    };
  }
  const hint = hintFor(issue);
  const subject = path.length === 0 ? "it" : `"${path.join(".")}"`;
  return {
    about: "value",
    message: `Cannot read ${where}: ${subject} must be ${
      wanted(issue)
    }, found ${foundText(issue.input)}${guessFor(issue)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The known key that an unknown one was probably meant to be; undefined for issues of other kinds, and where none is near. */
export function meantKey(issue: v.BaseIssue<unknown>): string | undefined {
  if (!isUnknownKey(issue)) return undefined;
  const key = String(issue.path?.at(-1)?.key ?? "");
  const known = issue.requirement;
  const meant = OTHER_WORDS[key];
  return meant !== undefined && known.includes(meant)
    ? meant
    : nearestName(key, known);
}

/** Whether the issue is that a key is not written. */
export function isMissingKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.received === "undefined" &&
    issue.path?.at(-1)?.origin === "key";
}

function isUnknownKey(
  issue: v.BaseIssue<unknown>,
): issue is v.BaseIssue<unknown> & { readonly requirement: string[] } {
  return issue.expected === "never" && Array.isArray(issue.requirement);
}

/** A value as an error names it. */
export function foundText(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") {
    return value === ""
      ? "an empty text"
      : `the text ${JSON.stringify(cut(value))}`;
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  }
  if (typeof value === "object") return "a map";
  return String(value);
}

function wanted(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith("Invalid ")) return issue.message;
  const limit = String(issue.requirement);
  switch (issue.type) {
    case "min_value":
      return `at least ${limit}`;
    case "max_value":
      return `at most ${limit}`;
    case "gt_value":
      return `more than ${limit}`;
    case "lt_value":
      return `less than ${limit}`;
    case "integer":
      return "a whole number";
    case "finite":
      return "a finite number";
    case "non_empty":
      return Array.isArray(issue.input)
        ? "a list of at least one"
        : "a text of at least one character";
    default:
      return wantedType(issue);
  }
}

function wantedType(issue: v.BaseIssue<unknown>): string {
  const names: Readonly<Record<string, string>> = {
    number: "a number",
    string: "a text",
    boolean: "true or false",
    Array: "a list",
    Object: "a map",
  };
  const choices = choicesOf(issue);
  if (choices.length === 1) return `"${choices[0]}"`;
  if (choices.length > 1) {
    return `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
  }
  return names[issue.expected ?? ""] ?? issue.expected ?? "something else";
}

function choicesOf(issue: v.BaseIssue<unknown>): string[] {
  return [...(issue.expected ?? "").matchAll(/"([^"]*)"/g)].map((match) =>
    match[1]!
  );
}

function guessFor(issue: v.BaseIssue<unknown>): string {
  return typeof issue.input === "string"
    ? didYouMean(issue.input, choicesOf(issue))
    : "";
}

function hintFor(issue: v.BaseIssue<unknown>): string | undefined {
  if (typeof issue.input !== "string") return undefined;
  if (issue.expected === "number") {
    const number = Number(issue.input.replaceAll("_", ""));
    return issue.input.trim() !== "" && Number.isFinite(number)
      ? `Write ${number}, without quotes or separators`
      : undefined;
  }
  if (issue.expected !== "boolean") return undefined;
  if (/^(yes|on|y|true)$/i.test(issue.input)) {
    return "Write true, without quotes";
  }
  return /^(no|off|n|false)$/i.test(issue.input)
    ? "Write false, without quotes"
    : undefined;
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
