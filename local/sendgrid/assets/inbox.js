"use strict";

// The page works without this: it only fetches itself anew when the inbox has changed, empties the inbox,
// and lets the arrow keys walk through the list.
(() => {
  const inbox = () => document.getElementById("inbox");

  async function refresh() {
    const answer = await fetch(location.pathname);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const scrolled = ["nav", "main"].map((name) => document.querySelector(name)?.scrollTop ?? 0);
    const focused = document.activeElement?.closest("nav a")?.getAttribute("href");
    const unfolded = document.querySelector("details")?.open;

    const count = (page) => page.querySelectorAll("#list li").length;
    const more = count(fresh) - count(document);
    document.title = fresh.title;
    document.querySelector("header").replaceWith(fresh.querySelector("header"));
    inbox().replaceWith(fresh.getElementById("inbox"));

    ["nav", "main"].forEach((name, i) => document.querySelector(name)?.scrollTo(0, scrolled[i]));
    if (focused) document.querySelector(`nav a[href="${CSS.escape(focused)}"]`)?.focus();
    if (unfolded) document.querySelector("details")?.setAttribute("open", "");
    if (more > 0) document.getElementById("said").textContent = `${more} new`;
    showEmpty();
  }

  function showEmpty() {
    const button = document.getElementById("empty");
    if (button) button.hidden = false;
  }

  async function poll() {
    try {
      if (!document.hidden) {
        const { version } = await (await fetch("/api/version")).json();
        if (String(version) !== inbox().dataset.version) await refresh();
      }
    } catch {
      // The laptop has stopped; the page stays as it is and finds it again when it is back.
    }
    setTimeout(poll, 1000);
  }

  document.addEventListener("click", async (event) => {
    if (event.target.id !== "empty") return;
    if (!confirm("Forget all messages?")) return;
    await fetch("/api/messages", { method: "DELETE" });
    location.assign("/");
  });

  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = document.activeElement?.closest("nav a");
    if (!step || !here) return;
    const links = [...document.querySelectorAll("nav a")];
    const next = links[links.indexOf(here) + step];
    if (next) { event.preventDefault(); next.focus(); }
  });

  showEmpty();
  poll();
})();
