// Loads a pipeline with a matrix from text, without a disk.
import { loadRuns, type Matrix } from "../../lib/config/load_matrix.ts";
import { type AddedAxes, NO_AXES } from "../../lib/config/matrix_section.ts";
import { pipelineOf } from "./refusals.ts";

const STEPS = pipelineOf(
  "      - { name: vae, n_epochs: 1, train_vae: true }\n" +
    "      - { name: more, n_epochs: 2, train_vae: true, init_from: vae }\n",
);

/** A file of two train steps, `vae` and `more`, below the lines of `matrix`. */
export function matrixText(matrix: string): string {
  return `${matrix}\n${STEPS}`;
}

/** The matrix of a text that has no errors. */
export async function matrixFrom(
  matrix: string,
  added: AddedAxes = NO_AXES,
): Promise<Matrix> {
  const loaded = await loadRuns("p.yaml", {
    readText: () => Promise.resolve(matrixText(matrix)),
    checkPaths: false,
    added,
  });
  if (!loaded.ok) {
    throw new Error(
      loaded.diagnostics.map(({ message }) => message).join("\n"),
    );
  }
  if (loaded.value.kind !== "matrix") throw new Error("it has no matrix");
  return loaded.value;
}

/** Labels of its cells. */
export async function labelsFrom(
  matrix: string,
  added: AddedAxes = NO_AXES,
): Promise<string[]> {
  return (await matrixFrom(matrix, added)).cells.map(({ cell }) => cell.label);
}
