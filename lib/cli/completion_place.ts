// What may stand at the end of a command line that is being typed, from the tree of commands that commander keeps.
import type { Command, Option } from "commander";

/** A value that is wanted: an argument of the command, or the value of an option. */
export interface WantedValue {
  /** What the help calls it: `file`, `step`, `dir`. */
  readonly word: string;
  /** Long name of the option, null for an argument. */
  readonly option: string | null;
  /** Null where it is not one of a few. */
  readonly choices: readonly string[] | null;
}

/** The place of the cursor. */
export interface CompletionPlace {
  readonly command: Command;
  /** What is typed of the word under the cursor, without the name of an option before `=`. */
  readonly typed: string;
  /** `--option=`, where the value is written behind it. */
  readonly prefix: string;
  /** What a value stands for; null where none may stand here. */
  readonly value: WantedValue | null;
  /** Whether the name of a command may stand here. */
  readonly wantsCommand: boolean;
  readonly wantsOption: boolean;
  /** Arguments before the cursor. */
  readonly operands: readonly string[];
  /** Long names of options before the cursor, with their values. */
  readonly options: ReadonlyMap<string, string>;
}

/** The place at the end of `words`, which begin behind the name of the program; the last one is being typed and may be empty. */
export function completionPlace(
  program: Command,
  words: readonly string[],
): CompletionPlace {
  const current = words.at(-1) ?? "";
  const operands: string[] = [];
  const options = new Map<string, string>();
  let command = program;
  let waiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    if (waiting !== undefined && (waiting.required || !word.startsWith("-"))) {
      options.set(longName(waiting), word);
      waiting = undefined;
    } else if (word.startsWith("-")) {
      const [name = "", ...value] = word.split("=");
      const option = optionOf(command, name);
      waiting = option !== undefined && value.length === 0 && takesValue(option)
        ? option
        : undefined;
      options.set(
        option === undefined ? name : longName(option),
        value.join("="),
      );
    } else {
      const below = command.commands.find((one) => one.name() === word);
      if (below !== undefined && operands.length === 0) command = below;
      else operands.push(word);
    }
  }
  const at = { command, operands, options };
  const behind = /^(--[^=]+)=(.*)$/s.exec(current);
  const written = behind === null ? waiting : optionOf(command, behind[1]!);
  if (written !== undefined && (waiting?.required ?? behind !== null)) {
    return {
      ...at,
      typed: behind?.[2] ?? current,
      prefix: behind === null ? "" : `${behind[1]}=`,
      value: valueOfOption(written),
      wantsCommand: false,
      wantsOption: false,
    };
  }
  return {
    ...at,
    typed: current,
    prefix: "",
    value: waiting === undefined
      ? argumentAt(command, operands.length)
      : valueOfOption(waiting),
    wantsCommand: operands.length === 0 && command.commands.length > 0,
    wantsOption: current.startsWith("-"),
  };
}

/** `--name`, or `-n` where there is no long one. */
export function longName(option: Option): string {
  return option.long ?? option.short ?? "";
}

function optionOf(command: Command, name: string): Option | undefined {
  return command.options.find(({ long, short }) =>
    long === name || short === name
  );
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function valueOfOption(option: Option): WantedValue {
  return {
    word: /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? "",
    option: longName(option),
    choices: option.argChoices ?? null,
  };
}

function argumentAt(command: Command, index: number): WantedValue | null {
  const known = command.registeredArguments;
  const last = known.at(-1);
  const argument = known[index] ?? (last?.variadic === true ? last : undefined);
  return argument === undefined ? null : {
    word: argument.name(),
    option: null,
    choices: argument.argChoices ?? null,
  };
}
