// Prompts of a command line: written out, one per line of a file, or one per .txt file of a folder, as FluxFlow has them.
import { join } from "node:path";
import { isAbsence } from "../disk/present_entries.ts";
import { RefusedError, UsageError } from "../error/failure.ts";

/** Where prompts come from. */
export interface PromptSource {
  readonly written: readonly string[];
  /** A text file, or a folder of them; null where there is none. */
  readonly path: string | null;
}

/**
 * All prompts, the written ones first; files of a folder in the order of their names, blank lines left out.
 *
 * @throws {UsageError} where there is none, or one is blank
 * @throws {RefusedError} where the file is missing, is no text, or holds none
 */
export async function readPrompts(source: PromptSource): Promise<string[]> {
  if (source.written.some((prompt) => prompt.trim() === "")) {
    throw new UsageError("Cannot draw a blank prompt", {
      hint: "Write some words; `--guidance 0` draws without a caption",
    });
  }
  const read = source.path === null ? [] : await readPath(source.path);
  const prompts = [...source.written, ...read];
  if (prompts.length > 0) return prompts;
  throw new UsageError("Cannot draw: no prompt is given", {
    hint:
      'Give --prompt "a red heart", once or several times, or --prompts with a file of one per line',
  });
}

async function readPath(path: string): Promise<string[]> {
  const prompts = await promptsAt(path);
  if (prompts.length > 0) return prompts;
  throw new RefusedError(`Cannot draw: "${path}" holds no prompt`, {
    hint: "Write one prompt per line, or one .txt file per prompt in a folder",
  });
}

async function promptsAt(path: string): Promise<string[]> {
  try {
    if (!(await Deno.stat(path)).isDirectory) {
      return linesOf(await readText(path));
    }
    const names = (await Array.fromAsync(Deno.readDir(path)))
      .map((entry) => entry.name).filter((name) => /\.txt$/i.test(name)).sort();
    const texts: string[] = [];
    for (const name of names) {
      texts.push(await readText(join(path, name)));
    }
    return texts.map((text) => linesOf(text).join(" "))
      .filter((prompt) => prompt !== "");
  } catch (error) {
    if (!isAbsence(error)) throw error;
    throw new RefusedError(`Cannot read prompts: there is no "${path}"`, {
      hint: "Name a text file, or a folder of .txt files",
      cause: error,
    });
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new RefusedError(`Cannot read prompts: "${path}" is no UTF-8 text`, {
    hint: "Save it as plain text in UTF-8, one prompt per line",
  });
}

function linesOf(text: string): string[] {
  return text.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => line.trim())
    .filter((line) => line !== "");
}
