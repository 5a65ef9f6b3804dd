// Tests that need a program from outside: they run where it is, say what is missing where it is not, and fail where CI promised it.

/** A program that some tests need. */
export interface OutsideProgram {
  readonly name: string;
  /** How a person gets it. */
  readonly how: string;
  /** A command that succeeds where it is there. */
  readonly probe: readonly [string, ...string[]];
}

/** Set by `.ci/run`, which installs every program first: a missing one is then a failure. */
export const REQUIRED_VARIABLE = "FLUXLINE_TESTS_REQUIRE_PROGRAMS";

/** Registers a test that is ignored, with a printed reason, where `program` is missing; answers whether it is there. */
export function testWith(
  program: OutsideProgram,
  name: string,
  body: (context: Deno.TestContext) => void | Promise<void>,
): boolean {
  const isThere = answers(program.probe);
  if (!isThere && Deno.env.get(REQUIRED_VARIABLE) === "1") {
    Deno.test(name, () => {
      throw new Error(`CI must have ${program.name}: ${program.how}`);
    });
    return false;
  }
  if (!isThere) {
    console.log(`skipped: needs ${program.name} (${program.how}): ${name}`);
  }
  Deno.test({ name, ignore: !isThere, fn: body });
  return isThere;
}

function answers([command, ...args]: readonly [string, ...string[]]): boolean {
  try {
    return new Deno.Command(command, { args, stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}
