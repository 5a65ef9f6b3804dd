import assert from "node:assert/strict";
import { RefusedError, StepFailure } from "../../lib/error/failure.ts";
import { reportFailure } from "../../lib/steps/failure_report.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";

const REQUEST = {
  pipeline: "p.yaml",
  folder: "/runs/store/act-1",
  step: { name: "act", index: 0, count: 1 },
} as unknown as StepRequest;

const FLAG = "run again with the --allow-read flag";

Deno.test("reportFailure() names path and line to add for a refused read, also as a cause and in an import", () => {
  const denied = new Deno.errors.NotCapable(
    `Requires read access to "/etc/hosts", ${FLAG}`,
  );
  const errors = [
    denied,
    new Error("Cannot read the list", { cause: denied }),
    new TypeError(
      `Requires read access to "/etc/hosts", ${FLAG}\n    at x.ts:1`,
    ),
  ];
  for (const error of errors) {
    assert.deepEqual(reportFailure(error, REQUEST), {
      message: 'Step "act" may not read "/etc/hosts"',
      hint:
        'If the step needs it, add to step "act" in p.yaml: permissions: { read: ["/etc/hosts"] }',
      exitCode: 4,
      isRetryable: false,
      stack: null,
    });
  }
});

Deno.test("reportFailure() offers no permission that no step gets", () => {
  const error = new Deno.errors.NotCapable(
    'Requires run access to "ls", run again with the --allow-run flag',
  );
  const { message, hint } = reportFailure(error, REQUEST);
  assert.equal(message, 'Step "act" may not run "ls"');
  assert.equal(
    hint,
    "No step gets this permission; do it outside of the pipeline",
  );
});

Deno.test("reportFailure() explains that the runner's records are not the step's", () => {
  const error = new Deno.errors.NotCapable(
    'Requires write access to "/runs/store/act-1/complete.json", run again with the --allow-write flag',
  );
  assert.match(
    reportFailure(error, REQUEST).hint ?? "",
    /belong to the runner/,
  );
});

Deno.test("reportFailure() says in words that the disk is full", () => {
  const error = new Error(
    "No space left on device (os error 28): writefile '/runs/x'",
  );
  const { message, hint, exitCode, stack } = reportFailure(error, REQUEST);
  assert.match(message, /^No space left on the disk for step "act": /);
  assert.match(hint ?? "", /^Free some space/);
  assert.deepEqual([exitCode, stack], [4, null]);
});

Deno.test("reportFailure() keeps an expected failure as it is", () => {
  const failure = new StepFailure("Cannot act", { hint: "Do not" });
  assert.deepEqual(reportFailure(failure, REQUEST), {
    message: "Cannot act",
    hint: "Do not",
    exitCode: 4,
    isRetryable: true,
    stack: null,
  });
  assert.equal(
    reportFailure(new RefusedError("No"), REQUEST).isRetryable,
    false,
  );
});

Deno.test("reportFailure() reports anything else as a defect with its stack", () => {
  const { message, exitCode, stack } = reportFailure(
    new TypeError("x is not a function"),
    REQUEST,
  );
  assert.deepEqual([message, exitCode], ["TypeError: x is not a function", 1]);
  assert.match(stack ?? "", /failure_report_test\.ts/);
});

Deno.test("reportFailure() tells a task's own error from a defect, whatever was thrown", () => {
  const script = { ...REQUEST, task: "script" } as StepRequest;
  const mute = {
    toString() {
      throw new Error("no");
    },
  };
  const table: [unknown, string][] = [
    [new RangeError("boom"), "RangeError: boom"],
    ["boom", "boom"],
    [undefined, "undefined"],
    [mute, "a value of type object that has no text"],
  ];
  for (const [thrown, text] of table) {
    const { message, exitCode } = reportFailure(thrown, script);
    assert.equal(message, `Task of step "act" failed: ${text}`);
    assert.equal(exitCode, 4);
  }
});

Deno.test("reportFailure() passes on what the file system says", () => {
  const error = new Error("Read-only file system (os error 30): open 'x'");
  const { message, exitCode, stack } = reportFailure(error, REQUEST);
  assert.equal(
    message,
    "The file system refused step \"act\": Read-only file system (os error 30): open 'x'",
  );
  assert.deepEqual([exitCode, stack], [4, null]);
});
