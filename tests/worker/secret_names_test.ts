// Which variables a step's process gets with their values: what it declares, by name or by pattern, and nothing secret else.
import assert from "node:assert/strict";
import { declaredSecrets } from "../../lib/runner/step_secrets.ts";
import { withheldVariables } from "../../lib/worker/secret_names.ts";
import { namedVariables } from "../../lib/worker/variable_names.ts";

const SET = {
  FLX_ONE_TOKEN: "first_secret",
  FLX_PLAIN: "plain",
  FLXTWO_TOKEN: "second_secret",
} as const;

/** Runs `act` with the variables in the environment. */
function withVariables(act: () => void): void {
  for (const [name, value] of Object.entries(SET)) Deno.env.set(name, value);
  try {
    act();
  } finally {
    for (const name of Object.keys(SET)) Deno.env.delete(name);
  }
}

/** Those of the variables above that are emptied. */
function withheld(...flags: string[]): string[] {
  const all = Object.entries(withheldVariables(flags, []));
  assert.ok(all.every(([, value]) => value === ""));
  return all.map(([name]) => name).filter((name) => name in SET).sort();
}

Deno.test("withheldVariables() empties every secret but those that a name or a pattern grants, as Deno reads them", () =>
  withVariables(() => {
    const both = ["FLXTWO_TOKEN", "FLX_ONE_TOKEN"];
    assert.deepEqual(withheld(), both);
    assert.deepEqual(withheld("--allow-env=FLX_ONE_TOKEN"), ["FLXTWO_TOKEN"]);
    assert.deepEqual(withheld("--allow-env=HOME,FLX_*"), ["FLXTWO_TOKEN"]);
    assert.deepEqual(withheld("--allow-env=FLX*"), []);
    assert.deepEqual(withheld("--allow-env=*"), []);
    // Only a star at the end is a pattern.
    assert.deepEqual(withheld("--allow-env=FLX*TOKEN"), both);
  }));

Deno.test("declaredSecrets() finds what a pattern grants, so that it is masked in all that the step prints", () =>
  withVariables(() => {
    assert.deepEqual(declaredSecrets(["FLX_*"]), {
      FLX_ONE_TOKEN: SET.FLX_ONE_TOKEN,
    });
    assert.deepEqual(namedVariables(["HOME", "FLX_*", "FLX_PLAIN"]), [
      ...["HOME", "FLX_PLAIN", "FLX_ONE_TOKEN"],
    ]);
  }));
