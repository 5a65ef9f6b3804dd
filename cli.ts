// The command line: hands the arguments over and sets the exit code.
import "./lib/cli/empty_environment.ts";
import { runCommandLine } from "./lib/cli/command_line.ts";

if (import.meta.main) Deno.exitCode = await runCommandLine(Deno.args);
