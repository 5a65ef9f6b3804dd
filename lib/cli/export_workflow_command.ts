// `fluxline export --argo` and `--slurm`: the pipeline as a file of another tool.
import { argoWorkflow } from "../argo/argo_workflow.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { yamlText } from "../config/yaml_text.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { standaloneScript } from "../slurm/standalone_script.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { shownPath } from "../worker/permissions.ts";
import { oneRun } from "./one_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of both. */
export interface ExportWorkflowOptions {
  readonly kind: "argo" | "slurm";
  /** File to write; standard output where it is left out. */
  readonly to?: string;
  /** Folder of all runs. */
  readonly runs: string;
  /** Overrides, each `a.b=value`. */
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
}

/** Writes the manifest or the script. */
export async function exportWorkflowCommand(
  file: string,
  { kind, to, runs, set, cell }: ExportWorkflowOptions,
  print: Print,
): Promise<ExitCode> {
  const loaded = await loadPipeline(file, {
    overrides: set,
    ...oneRun({ cell }),
  });
  const doubts = loaded.ok ? loaded.warnings : loaded.diagnostics;
  if (doubts.length > 0) {
    print.err(renderDiagnostics(doubts, { color: print.color }));
  }
  if (!loaded.ok) return EXIT_CODE.refused;
  const chosen = cell === undefined ? {} : { cell };
  const text = kind === "argo"
    ? yamlText(
      argoWorkflow(loaded.value, {
        ...{ runs, set, ...chosen },
        denoVersion: Deno.version.deno,
      }),
    )
    : standaloneScript(loaded.value, { runs, set, ...chosen });
  if (to === undefined) {
    print.out(text.trimEnd());
    return EXIT_CODE.done;
  }
  await writeAtomically(to, text);
  const start = kind === "argo"
    ? `argo submit ${shownPath(to)}`
    : `bash ${shownPath(to)}`;
  print.out(`Wrote ${shownPath(to)}; start it with \`${start}\``);
  return EXIT_CODE.done;
}
