/**
 * Real responses: before and after training, right and wrong.
 *
 * @module
 */
import type { LoggedResponse } from "../../evaluate.ts";
import { element, type Markup } from "../html.ts";
import type { ResponsePair, TaskResponses } from "../responses.ts";
import { allTasks, type ReportRun, whenTask } from "../run.ts";
import type { Looks } from "../series.ts";
import { nameOf } from "../table.ts";
import { section } from "../view.ts";

/** Longest text that is shown whole, in characters. */
const longest = 1500;

const cut = (text: string): Markup =>
  text.length <= longest
    ? element`${text}`
    : element`${text.slice(0, longest)}<i> … and ${text.length - longest} more characters</i>`;

function response(logged: LoggedResponse, kind: "right" | "wrong"): Markup {
  const { text, answer, tokens, truncated, exchanges, reason } = logged;
  return element`<div class="response ${kind}"><h5><span aria-hidden="true">${
    kind === "right" ? "✓" : "✗"
  }</span> ${kind}<span class="muted"> · ${tokens} tokens${
    truncated &&
    ", cut at the limit"
  } · ${answer === null ? "no answer found" : element`answer read: <code>${answer}</code>`}</span></h5><pre>${
    cut(text)
  }</pre>${
    exchanges &&
    exchanges.length > 0 &&
    element`<details><summary>${exchanges.length} tool call${exchanges.length > 1 && "s"}</summary><ol>${
      exchanges.map(({ query, reply }) =>
        element`<li><pre>${cut(query)}</pre><pre class="reply">${cut(reply)}</pre></li>`
      )
    }</ol></details>`
  }${kind === "wrong" && reason && element`<p class="muted">${reason}</p>`}</div>`;
}

function pair({ right, wrong, share }: ResponsePair): Markup {
  return element`<p class="muted">${share.right} of ${share.of} sampled responses are right.</p><div class="pair">${
    right && response(right, "right")
  }${wrong && response(wrong, "wrong")}</div>`;
}

const problem = ({ question, gold }: ResponsePair): Markup =>
  element`<blockquote><pre>${cut(question)}</pre><footer>right answer: <code>${gold}</code></footer></blockquote>`;

function taskBlock({ task, seed, before, after }: TaskResponses, looks: Looks): Markup {
  return element`<div class="task" data-when="${whenTask(allTasks, task)}"><h3>${task}, seed ${seed}</h3>${
    problem(
      before,
    )
  }<h4>before training</h4>${pair(before)}<h4>after training</h4>${
    after.map(({ label, pairs }) =>
      element`<details data-algorithm="${label}"><summary>${nameOf(label, looks)} <span class="muted">${
        pairs[0] &&
        `${pairs[0].share.right} of ${pairs[0].share.of} right`
      }</span></summary>${
        pairs.map((own, index) =>
          element`${
            own.question !== before.question &&
            element`<p class="muted">${index > 0 && "Another problem, with right and wrong answers:"}</p>${
              problem(own)
            }`
          }${pair(own)}`
        )
      }</details>`
    )
  }</div>`;
}

/** Section: responses; nothing where the records are not there. */
export function responsesSection({ responses }: ReportRun, looks: Looks): Markup | null {
  if (responses.length === 0) return null;
  return section(
    "responses",
    "Real responses",
    "To the first held-out problem that the policy before training gets right sometimes but not always, and to the first such one after training. Nothing was picked by hand.",
    element`<div class="stack">${responses.map((task) => taskBlock(task, looks))}</div>`,
  );
}
