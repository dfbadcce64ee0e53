/**
 * Chat templates: how a conversation becomes the text a model was trained on. The template is a Jinja program of the
 * checkpoint (`chat_template.jinja`, or `chat_template` in `tokenizer_config.json`); a policy without one gets plain text.
 *
 * @module
 */
import { Template } from "@huggingface/jinja";
import type { ChatTemplate, Message, Tokenizer } from "./policy.ts";

/**
 * Takes away the date of today, which the library offers and which would make a prompt depend on the day; templates ask
 * whether it is defined. The line break goes with the statement, as Jinja has it in chat templates.
 */
const UNDATED = "{%- set strftime_now = undefined %}\n";

/**
 * Compiles a template.
 *
 * @param text the Jinja program
 * @param config `tokenizer_config.json`: templates may write its special tokens, such as `bos_token`
 * @param source how error messages call it
 * @throws {Error} if it is not a template that can be read
 */
export function makeChatTemplate(text: string, config: unknown = {}, source = "chat template"): ChatTemplate {
  const wrong = (error: unknown) =>
    new Error(`${source}: the chat template fails (${(error as Error).message.replace(/\s+/g, " ")}).`, {
      cause: error,
    });
  let template: Template;
  try {
    template = new Template(UNDATED + text);
  } catch (error) {
    throw wrong(error);
  }
  const tokens = specialTokens(config);
  return {
    text,
    render(messages, { tools, addGenerationPrompt = true } = {}) {
      try {
        return template.render({
          ...tokens,
          messages,
          ...tools && { tools },
          add_generation_prompt: addGenerationPrompt,
        });
      } catch (error) {
        throw wrong(error);
      }
    },
  };
}

/** The template of a `tokenizer_config.json`: a text, or several by name, of which `default` is meant. */
export function templateOfConfig(config: unknown): string | undefined {
  const { chat_template: found } = config as { chat_template?: unknown };
  if (typeof found === "string") return found;
  if (!Array.isArray(found)) return undefined;
  const named = found as { name?: string; template?: string }[];
  return (named.find(({ name }) => name === "default") ?? named[0])?.template;
}

/**
 * Token ids of a prompt: as what the user says, if the policy has a chat template, or else as it stands. Only a template
 * writes the `tools` that may be called.
 */
export function promptTokens(tokenizer: Tokenizer, prompt: string, tools?: readonly object[]): number[] {
  return tokenizer.encode(promptText(tokenizer, prompt, tools));
}

/** The text that a prompt becomes: see {@linkcode promptTokens}. */
export function promptText(tokenizer: Tokenizer, prompt: string, tools?: readonly object[]): string {
  return conversationText(tokenizer, [{ role: "user", content: prompt }], tools);
}

/**
 * The text that a conversation becomes, for the policy to continue: as its chat template writes it. A policy without one
 * knows no turns and gets the messages as they stand, a line break between them.
 *
 * @throws {RangeError} one sentence: the template refuses the conversation, or there is none and somebody else than
 * `system` and `user` speaks
 */
export function conversationText(
  { chat }: Tokenizer,
  messages: readonly Message[],
  tools?: readonly object[],
): string {
  if (chat) {
    try {
      return chat.render(messages, { tools });
    } catch (error) {
      throw new RangeError((error as Error).message, { cause: error });
    }
  }
  const other = messages.find(({ role }) => role !== "system" && role !== "user");
  if (other) {
    throw new RangeError(
      `The policy has no chat template, so it knows no messages of "${other.role}"; give system and user messages alone.`,
    );
  }
  return messages.map(({ content }) => content ?? "").join("\n");
}

/** The special tokens of a `tokenizer_config.json`, by name; written as text or as objects. */
function specialTokens(config: unknown): Record<string, string> {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(config as object)) {
    if (!/_token$/.test(name)) continue;
    const text = typeof value === "string" ? value : (value as { content?: unknown } | null)?.content;
    if (typeof text === "string") tokens[name] = text;
  }
  return tokens;
}
