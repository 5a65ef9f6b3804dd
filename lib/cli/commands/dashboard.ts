// Declares `fluxline dashboard`.
import { UsageError } from "../../error/failure.ts";
import { requireProjectRead } from "../process_permission.ts";
import {
  collect,
  command,
  type CommandPlace,
  withRuns,
} from "./command_options.ts";

const EXAMPLES = `\
  deno task dashboard                                for this machine, until Ctrl-C
  deno task dashboard --port 9000 --runs /data/runs
  deno run -R --allow-net=0.0.0.0 cli.ts dashboard --host 0.0.0.0    for others too, with a token

It only reads. Elsewhere than on this machine's own address it asks for a token: from
--token-file, from FLUXLINE_DASHBOARD_TOKEN, or one that it makes and prints once.`;

/** Serve live pages about all runs. */
export function addDashboard(
  { program, terminal, finish }: CommandPlace,
): void {
  withRuns(
    command(program, {
      name: "dashboard",
      summary: "Serve live pages about all runs to a browser",
      examples: EXAMPLES,
    }),
  )
    .option(
      "--port <number>",
      "port; 0 takes any that is free",
      portNumber,
      8642,
    )
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option(
      "--allow-host <name>",
      "another name under which browsers ask; may be repeated",
      collect,
      [],
    )
    .option("--token-file <path>", "file whose first line is the token")
    .option("--json", "print the address as data")
    .action(async (options) => {
      await requireProjectRead("dashboard", terminal);
      const { dashboardCommand } = await import("../dashboard_command.ts");
      finish(await dashboardCommand(options, terminal));
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(
    `Cannot read --port "${text}": wanted a whole number from 0 to 65535`,
  );
}
