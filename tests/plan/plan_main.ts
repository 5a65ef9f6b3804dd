// The plan and status commands in a process of their own, so that a test can choose its permissions.
import "../../lib/cli/empty_environment.ts";
import { planCommand } from "../../lib/cli/plan_command.ts";
import { statusCommand } from "../../lib/cli/status_command.ts";

const encoder = new TextEncoder();
const print = {
  out: (text: string) =>
    void Deno.stdout.writeSync(encoder.encode(`${text}\n`)),
  err: (text: string) =>
    void Deno.stderr.writeSync(encoder.encode(`${text}\n`)),
  color: false,
};
const [command, ...rest] = Deno.args;
const files = rest.filter((word) => !word.startsWith("--"));
const json = rest.includes("--json");
const resolved = rest.includes("--resolved");
Deno.exitCode = command === "status"
  ? await statusCommand(files, { runs: "runs", json }, print)
  : await planCommand(files, {
    runs: "runs",
    json,
    resolved,
    set: [],
    force: [],
    from: [],
  }, print);
