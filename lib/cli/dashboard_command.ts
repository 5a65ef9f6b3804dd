// `fluxline dashboard`: serves live pages until a signal.
import { generateToken, isLoopback } from "../dashboard/access.ts";
import { serveDashboard } from "../dashboard/serve.ts";
import { isGranted } from "../disk/granted.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { Print } from "./plan_command.ts";

/** Options of `dashboard`. */
export interface DashboardCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly port: number;
  readonly host: string;
  readonly allowHost: readonly string[];
  readonly tokenFile?: string;
  readonly json?: true;
}

const TOKEN_VARIABLE = "FLUXLINE_DASHBOARD_TOKEN";
const SHORTEST_TOKEN = 16;
const POLL_MS = 1000;

/** Serves until SIGINT or SIGTERM; a second signal does not wait for answers that are on their way. */
export async function dashboardCommand(
  options: DashboardCommandOptions,
  print: Print,
): Promise<ExitCode> {
  const { runs: runsDir, host, port, allowHost, json } = options;
  requireRunsFolder(runsDir);
  requireNet(host, port);
  const given = await givenToken(options.tokenFile);
  const isOpen = isLoopback(host) && given === null;
  const token = isOpen ? null : given ?? generateToken();
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const ended = new Promise<void>((resolve) =>
    stop.asked.addEventListener("abort", () => resolve(), { once: true })
  );
  await using dashboard = await serveDashboard({
    ...{ runsDir, host, port, token, pollMs: POLL_MS },
    hosts: [host, ...allowHost],
  });
  stop.forced.addEventListener("abort", () => Deno.exit(EXIT_CODE.terminated));
  // A token that somebody gave is known to them; one that was made here is told once, and nowhere else.
  const address = token === null || given !== null
    ? dashboard.address
    : `${dashboard.address}?token=${token}`;
  print.out(
    json === true
      ? JSON.stringify({ address })
      : `Dashboard of "${runsDir}": ${address}\nCtrl-C ends it`,
  );
  await ended;
  return stop.cause === "SIGINT" ? EXIT_CODE.interrupted : EXIT_CODE.terminated;
}

function requireNet(host: string, port: number): void {
  const place = host.includes(":") ? `[${host}]` : host;
  if (isGranted({ name: "net", host: `${place}:${port}` })) return;
  throw new UsageError(
    `Cannot run "fluxline dashboard": this process may not listen on "${place}:${port}"`,
    {
      hint: isLoopback(host)
        ? "Run `deno task dashboard`"
        : `Run \`deno run -R --allow-net=${place} --allow-env=${TOKEN_VARIABLE} cli.ts dashboard --host ${host}\``,
    },
  );
}

/** The token from a file or the environment; null where there is neither. */
async function givenToken(file: string | undefined): Promise<string | null> {
  const [token, source] = file === undefined
    ? [variable(), TOKEN_VARIABLE]
    : [await firstLine(file), `"${file}"`];
  if (token === null || token.length >= SHORTEST_TOKEN) return token;
  throw new UsageError(
    `Cannot use the token in ${source}: it has ${token.length} characters, wanted at least ${SHORTEST_TOKEN}`,
    { hint: "Leave it out to have one made" },
  );
}

function variable(): string | null {
  if (!isGranted({ name: "env", variable: TOKEN_VARIABLE })) return null;
  const token = Deno.env.get(TOKEN_VARIABLE) ?? "";
  return token === "" ? null : token;
}

async function firstLine(file: string): Promise<string> {
  try {
    return (await Deno.readTextFile(file)).split("\n")[0]!.trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`Cannot read --token-file "${file}": there is none`, {
      cause: error,
    });
  }
}
