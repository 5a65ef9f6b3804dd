// `fluxline init`: writes a pipeline to begin with. What is there is never overwritten.
import { basename, dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadPipeline } from "../config/load_pipeline.ts";
import { starterPipeline } from "../config/starter_pipeline.ts";
import { nameFault } from "../config/step_names.ts";
import { DurableFile } from "../disk/durable_file.ts";
import { makeFolder, syncFolder } from "../disk/folder_entries.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure, UsageError } from "../error/failure.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import type { Print } from "./plan_command.ts";

/** Options of `init`. */
export interface InitOptions {
  readonly json?: true;
}

/**
 * Writes the file and tells what comes next.
 *
 * @throws {UsageError} where something of that name exists, or the name is no name of a YAML file
 */
export async function initCommand(
  file: string,
  options: InitOptions,
  print: Print,
): Promise<ExitCode> {
  const name = basename(file).replace(/\.ya?ml$/i, "");
  const fault = name === basename(file)
    ? 'it must end in ".yaml"'
    : nameFault(name);
  if (fault !== undefined) {
    throw new UsageError(`Cannot write "${file}": ${fault}`, {
      hint: "Name a file such as pipelines/first.yaml",
    });
  }
  const folder = dirname(resolve(file));
  const project = fileURLToPath(new URL("../../pipelines/", import.meta.url));
  const text = starterPipeline({
    ...{ name, file },
    schema: slashed(relative(folder, `${project}pipeline.schema.json`)),
    task: slashed(relative(folder, `${project}tasks/emoji_dataset.ts`)),
  });
  await makeFolder(folder);
  await writeNew(file, text);
  const loaded = await loadPipeline(file);
  if (!loaded.ok) {
    print.err(renderDiagnostics(loaded.diagnostics, { color: print.color }));
    return EXIT_CODE.refused;
  }
  const steps = loaded.value.steps.map((step) => step.name);
  print.out(
    options.json === true
      ? JSON.stringify({ pipeline: file, run: name, steps }, null, 2)
      : `Wrote ${file}: ${steps.join(", ")}
Look at it, then run it:
  deno task plan ${file}
  deno task train ${file}`,
  );
  return EXIT_CODE.done;
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    using opened = await DurableFile.open(resolve(file), {
      createNew: true,
      write: true,
    });
    await opened.write(new TextEncoder().encode(text));
    await opened.sync();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Failure(
        EXIT_CODE.stepFailed,
        `Cannot write "${file}": its folder takes no files`,
        { cause: error, hint: "Name a file in a place where you may write" },
      );
    }
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    throw new UsageError(`Cannot write "${file}": it exists`, {
      hint: "Name another file; nothing is ever overwritten",
    });
  }
  await syncFolder(dirname(resolve(file)));
}

function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}
