// Entry of a short process that starts one engine and says what it became: the answer to whether the engine works here.
import { Failure } from "../error/failure.ts";
import type { EngineStart } from "../engine_setup/engine_choice.ts";
import { startEngine } from "./engine.ts";

if (import.meta.main) {
  const start = JSON.parse(Deno.args[0] ?? "null") as EngineStart;
  const answer = await probe(start);
  await Deno.stdout.write(
    new TextEncoder().encode(`${JSON.stringify(answer)}\n`),
  );
  Deno.exit(0);
}

async function probe(start: EngineStart): Promise<object> {
  try {
    const { numericClass, device } = await startEngine(start);
    return { numericClass, device };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { problem: error.message, hint: error.hint ?? null };
  }
}
