// Entry of the process that posts one webhook: it may reach the one host that it was started for, and nothing else.
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { postWebhook } from "./post_webhook.ts";
import type { WebhookMessage } from "./webhook_message.ts";

const text = await new Response(Deno.stdin.readable).text();
const message = JSON.parse(text) as WebhookMessage;
const answer = await postWebhook(message, (ms) => SYSTEM_CLOCK.sleep(ms));
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(answer)));
