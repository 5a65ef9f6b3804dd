// `fluxline engine install`: fetches TensorFlow's library, and tries it.
import cliProgress from "cli-progress";
import {
  installLibrary,
  type InstallObserver,
} from "../engine_setup/install_library.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { probeEngine, probeEntry } from "../worker/engine_probe.ts";
import { RefusedError } from "../error/failure.ts";
import { requireInstallPermissions } from "./process_permission.ts";
import type { Terminal } from "./terminal.ts";

/** Options of the command, as commander gives them. */
export interface EngineInstallOptions {
  readonly gpu?: true;
  readonly version?: string;
  readonly from?: string;
  readonly index?: string;
  readonly json?: true;
}

/**
 * Installs and tries the library.
 *
 * @throws RefusedError where it cannot be had, or does not start
 */
export async function engineInstallCommand(
  options: EngineInstallOptions,
  terminal: Terminal,
): Promise<void> {
  requireInstallPermissions();
  using observer = progressOn(terminal, options.json === true);
  const { library, wasThere } = await installLibrary({
    build: options.gpu === true ? "gpu" : "cpu",
    version: options.version ?? null,
    from: options.from ?? null,
    index: options.index ?? null,
  }, observer);
  observer[Symbol.dispose]();
  const { tensorflow: version, build, wheel } = library.record;
  await fetchCode(
    [probeEntry(PACKAGE_ROOT)],
    PACKAGE_ROOT,
    new AbortController().signal,
  );
  const probe = await probeEngine({
    name: "tensorflow",
    library: { path: library.path, version },
    threads: 1,
    device: null,
  }, PACKAGE_ROOT);
  if (probe.kind === "fails") {
    throw new RefusedError(
      `TensorFlow ${version} is installed but does not start: ${probe.problem}`,
      { hint: probe.hint ?? "Install another version with --version" },
    );
  }
  if (options.json === true) {
    const { path, record } = library;
    const { device } = probe;
    terminal.out(
      JSON.stringify({ path, ...record, wasThere, device }, null, 2),
    );
    return;
  }
  const verb = wasThere ? "was installed already" : `installed from ${wheel}`;
  terminal.out(`TensorFlow ${version} (${build} build) ${verb}`);
  terminal.out(`  ${library.path}`);
  terminal.out(
    build === "gpu" && probe.device === "cpu"
      ? "  it starts, and finds no GPU on this machine: it would compute on the CPU"
      : `  it starts, on the ${probe.device.toUpperCase()}; auto takes it from now on`,
  );
}

interface ProgressLines extends InstallObserver, Disposable {}

/** A bar on a terminal; elsewhere a line at every tenth. */
function progressOn(terminal: Terminal, isData: boolean): ProgressLines {
  const print = (text: string) =>
    isData ? terminal.err(text) : terminal.out(text);
  let bar: cliProgress.SingleBar | null = null;
  let phase = "";
  let tenth = -1;
  const close = () => {
    bar?.stop();
    bar = null;
  };
  return {
    isTerminal: terminal.redraws && !isData,
    say: (text) => {
      close();
      print(text);
    },
    progress: (label, done, total) => {
      const isNew = label !== phase;
      phase = label;
      if (isNew) close();
      if (terminal.redraws && !isData) {
        bar ??= startBar(terminal, label, total ?? 0);
        bar.update(done, { bytes: formatBytes(done) });
        return;
      }
      const now = total === null ? 0 : Math.floor(done / total * 10);
      if (!isNew && now === tenth) return;
      tenth = now;
      const of = total === null ? "" : ` of ${formatBytes(total)}`;
      print(`${label}: ${formatBytes(done)}${of}`);
    },
    [Symbol.dispose]: close,
  };
}

function startBar(
  terminal: Terminal,
  label: string,
  total: number,
): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    format: `${label} [{bar}] {percentage}% | {bytes} | ETA {eta_formatted}`,
    stream: terminal.redrawn(),
    hideCursor: true,
  }, cliProgress.Presets.shades_classic);
  bar.start(total, 0, { bytes: "" });
  return bar;
}
