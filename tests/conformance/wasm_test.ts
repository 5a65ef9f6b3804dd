// The conformance suite on engine "wasm".
import { conformanceTests } from "./conformance_tests.ts";

await conformanceTests("wasm");
