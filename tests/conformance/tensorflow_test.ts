// The conformance suite on engine "tensorflow".
import { conformanceTests } from "./conformance_tests.ts";

await conformanceTests("tensorflow");
