// Mistakes in what a step may touch, in what makes its key, and in how its process is ended.
import type { Breakage, NamedTest } from "./breakage.ts";

const FLAGS: NamedTest = {
  file: "tests/worker/permissions_test.ts",
  name: "permissionFlags() names every limit and denies the runner's records",
};

export const WORKFLOW_BREAKAGES: readonly Breakage[] = [
  {
    name: "a step may write its own marker",
    file: "lib/worker/permission_flags.ts",
    from:
      "`--deny-write=${list(RUNNER_FILES.map((name) => join(folder, name)))}`,",
    to: "",
    test: FLAGS,
  },
  {
    name: "a step sees the whole environment",
    file: "lib/worker/permission_flags.ts",
    from: '    "--ignore-env",',
    to: '    "--allow-env",',
    test: FLAGS,
  },
  {
    name: "a step's process gets secrets that it does not declare",
    file: "lib/worker/secret_names.ts",
    from: "  const known = ownVariables().filter(isSecretName);",
    to: "  const known: string[] = [];",
    test: {
      file: "tests/worker/secret_names_test.ts",
      name:
        "withheldVariables() empties every secret but those that a name or a pattern grants, as Deno reads them",
    },
  },
  {
    name: "an empty list of permissions grants everything",
    file: "lib/worker/permission_flags.ts",
    from:
      "return entries.length === 0 ? [] : [`--allow-${name}=${list(entries)}`];",
    to:
      "return [entries.length === 0 ? `--allow-${name}` : `--allow-${name}=${list(entries)}`];",
    test: FLAGS,
  },
  {
    name: "a link may lead out of what a step may touch",
    file: "lib/worker/link_check.ts",
    from: "if (isLost) stray.push({ link: path, target, only });",
    to: "",
    test: {
      file: "tests/worker/link_check_test.ts",
      name: "findStrayLinks() finds links to files, folders and nothing",
    },
  },
  {
    name: "a link may lead from where a step writes to where it only reads",
    file: "lib/worker/link_check.ts",
    from: "        const isLost = [readable, writable].some((places) =>",
    to: "        const isLost = [roots].some((places) =>",
    test: {
      file: "tests/worker/link_check_test.ts",
      name:
        "findStrayLinks() finds links from what may be written to what may only be read, and back",
    },
  },
  {
    name: "the seed is not in the key",
    file: "lib/plan/work_record.ts",
    from: "    seed: pipeline.seed,",
    to: "",
    test: {
      file: "tests/plan/work_record_test.ts",
      name: "workRecord() gives another key for whatever can change the result",
    },
  },
  {
    name: "a token is in the record of the work",
    file: "lib/plan/work_record.ts",
    from: '  "webdataset_token",',
    to: "",
    test: {
      file: "tests/plan/work_record_test.ts",
      name: "workRecord() holds no token",
    },
  },
  {
    name: "a step whose process was killed counts as done",
    file: "lib/worker/spawn.ts",
    from: "if (last === null || status.signal !== null) return died;",
    to:
      'if (last === null) return { kind: "ended", result: { outcome: "done", metrics: {} } };',
    test: {
      file: "tests/cli/interruption_test.ts",
      name:
        "kill -9 of a step's process fails the step; the same command finishes",
    },
  },
  {
    name: "what a step started outlives it",
    file: "lib/worker/spawn.ts",
    from: '    signalGroup(this.#child, "SIGKILL");',
    to: "",
    test: {
      file: "tests/worker/stubborn_step_test.ts",
      name:
        "StepProcess.stop() leaves nothing of what a step started where the step itself leaves in time",
    },
  },
  {
    name: "two runners drive one run",
    file: "lib/runner/run_lock.ts",
    from: "  if (!attempt.ok) {",
    to: "  if (!attempt.ok && waitMs < 0) {",
    test: {
      file: "tests/cli/interruption_test.ts",
      name: "a second runner is refused with 5 and told who holds the run",
    },
  },
];
