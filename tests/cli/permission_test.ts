import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { ROOT, runCli, SCRIPTS } from "./cli_process.ts";

const NO_FLAGS: readonly string[] = [];

for (const command of ["plan", "validate", "status"]) {
  Deno.test(`${command} without permissions and without a terminal ends with 2 and one message`, async () => {
    const { code, out, err } = await runCli([command], {
      permissions: NO_FLAGS,
    });
    assert.deepEqual([code, out], [2, ""]);
    assert.equal(
      err,
      `error: Cannot run "fluxline ${command}": this process may not read the project folder
hint: Run \`deno task ${command}\`, or \`deno run -R cli.ts ${command}\`
`,
    );
  });

  Deno.test(`${command} gives the same under -R=. as under -A`, async () => {
    const files = command === "status" ? [] : [SCRIPTS];
    const few = await runCli([command, ...files], {
      permissions: ["--no-prompt", "-R=."],
    });
    const all = await runCli([command, ...files]);
    const withoutSpace = (text: string) =>
      text.replace(/Free disk space: .*/, "");
    assert.deepEqual([few.code, few.err], [all.code, all.err]);
    assert.equal(withoutSpace(few.out), withoutSpace(all.out));
  });
}

for (const args of [["schema"], ["--help"], ["plan", "--help"], ["engine"]]) {
  Deno.test(`${args.join(" ")} needs no permission`, async () => {
    const { code, out, err } = await runCli(args, { permissions: NO_FLAGS });
    assert.deepEqual([code, err], [0, ""]);
    assert.ok(out.length > 100);
  });
}

Deno.test("train without permissions asks nothing and names the command that has them", async () => {
  const { code, out, err } = await runCli(["train", SCRIPTS], {
    permissions: NO_FLAGS,
  });
  assert.deepEqual([code, out], [2, ""]);
  assert.match(
    err,
    /^error: Cannot run "fluxline train": this process has no permission to read, write, run\nhint: Run `deno task train /,
  );
});

Deno.test("plan at a terminal asks one question and plans after yes", async () => {
  const text = await answerAtTerminal(["plan", SCRIPTS], "y");
  assert.equal(questions(text), 1);
  assert.match(text, /Deno requests .*read access to "\."/);
  assert.match(text, /\nTotal: 3 steps: 1 to run, 2 waiting\n/);
  assert.match(text, /COMMAND_EXIT_CODE="0"/);
});

Deno.test("plan at a terminal ends with 2 after no", async () => {
  const text = await answerAtTerminal(["plan", SCRIPTS], "n");
  assert.equal(questions(text), 1);
  assert.match(text, /may not read the project folder\n/);
  assert.match(text, /COMMAND_EXIT_CODE="2"/);
});

/** Runs the command line, without flags, on a pseudo-terminal and answers its first question. Everything that stood on the terminal, without its colours. */
async function answerAtTerminal(
  args: readonly string[],
  answer: "y" | "n",
): Promise<string> {
  let text = "";
  await withTemporaryFolder(async (folder) => {
    const command = [Deno.execPath(), "run", "--quiet", "cli.ts", ...args];
    const child = new Deno.Command("script", {
      args: [
        "--quiet",
        "--return",
        "--flush",
        "--command",
        command.join(" "),
        `${folder}/typescript`,
      ],
      cwd: ROOT,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", TERM: "xterm" },
    }).spawn();
    const input = child.stdin.getWriter();
    const decoder = new TextDecoder();
    // Deno throws away what was typed before its question was read to the end, so the answer is given until it is taken.
    const typing = setInterval(() => {
      if (!text.includes("Allow?")) return;
      input.write(new TextEncoder().encode(`${answer}\n`)).catch(() => {});
    }, 300);
    for await (const bytes of child.stdout) {
      text += decoder.decode(bytes, { stream: true });
    }
    clearInterval(typing);
    await input.close().catch(() => {});
    const { code } = await child.status;
    await child.stderr.cancel();
    text += `\nCOMMAND_EXIT_CODE="${code}"`;
  });
  return stripVTControlCharacters(text).replaceAll("\r", "");
}

function questions(text: string): number {
  return text.split("Deno requests").length - 1;
}
