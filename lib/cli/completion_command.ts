// `fluxline completion SHELL`: prints the shell's script; and the hidden command that the script asks at each Tab.
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { completionCandidates } from "./completion_candidates.ts";
import { completionScript, type Shell } from "./completion_script.ts";
import type { Print } from "./plan_command.ts";

/** Prints the script; it asks the very program that printed it, which may read and nothing else. */
export function completionCommand(shell: Shell, print: Print): void {
  const program = fileURLToPath(new URL("../../cli.ts", import.meta.url));
  const ask = [
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--cached-only"],
    ...["--allow-read", program, "complete"],
  ];
  print.out(completionScript(shell, ask).trimEnd());
}

/** Prints per line a word that can stand at the end of `words`, a tab and what is to be said about it. */
export async function completeCommand(
  program: Command,
  words: readonly string[],
  print: Print,
): Promise<void> {
  const found = await completionCandidates(program, words);
  if (found.length === 0) return;
  print.out(found.map(({ text, about }) => `${text}\t${about}`).join("\n"));
}
