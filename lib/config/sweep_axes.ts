// `sweep --set a.b=1,2`: values in a row make an axis, one value stays an override.
import { UsageError } from "../error/failure.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import type { Located } from "../source/located_tree.ts";
import type { AddedAxes } from "./matrix_section.ts";
import { newReport } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

/** What the options of a sweep stand for. */
export interface SweepSettings {
  readonly overrides: readonly string[];
  readonly axes: AddedAxes["axes"];
}

/**
 * Reads `key=value,value`. A value is YAML, so that `[0.9, 0.99]` is one value, and a map with `from` and `to` is a range.
 *
 * @throws {UsageError} that shows everything that cannot be read
 */
export function sweepSettings(texts: readonly string[]): SweepSettings {
  const report = newReport();
  const overrides: string[] = [];
  const axes: [string, Located][] = [];
  for (const [index, text] of texts.entries()) {
    const equals = text.indexOf("=");
    const list = equals > 0
      // In brackets the values are a list, and keep their columns.
      ? readYaml(
        {
          name: `--set#${index + 1}`,
          text: `${text.slice(0, equals)}[${text.slice(equals + 1)}]`,
        },
        report,
        equals,
      )
      : undefined;
    const [only, ...others] = list?.kind === "list" ? list.items : [];
    const isRange = only?.kind === "map" && only.entries.has("from");
    const values = others.length > 0 ? list : isRange ? only : undefined;
    if (values === undefined) overrides.push(text);
    else axes.push([text.slice(0, equals).trim(), values]);
  }
  if (!report.failed) return { overrides, axes };
  throw new UsageError(
    `Cannot read the values of the sweep:\n${
      renderDiagnostics(report.findings(), { color: false })
    }`,
    { hint: "Write for example --set training.pipeline.defaults.lr=1e-4,3e-4" },
  );
}
