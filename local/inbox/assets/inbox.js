"use strict";

// The pages work without this. It looks whether the page would be another one by now, and puts in what has
// changed; chooses without losing one's place; and lets the arrow keys walk through a list.
(() => {
  const pause = location.pathname.startsWith("/templates") ? 300 : 1000;
  const parts = (page) => new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const said = (text) => { document.getElementById("said").textContent = text; };

  // show makes this page the one at an address, as far as they differ.
  async function show(address) {
    const answer = await fetch(address, { cache: "no-store", headers: { "If-None-Match": `"${document.body.dataset.version}"` } });
    if (answer.status === 304) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (address !== location.href) return false; // something else was chosen meanwhile
    if (!fresh.body.dataset.version || fresh.body.dataset.version === document.body.dataset.version) return false;
    const focused = mark(document.activeElement);
    const unfolded = [...document.querySelectorAll("details[open]")].map((d) => d.id);
    const [before, after] = [parts(document), parts(fresh)];
    if ([...before.keys()].join() === [...after.keys()].join()) {
      // Only what differs, since a frame that is put in again is loaded again.
      for (const [name, part] of before) {
        if (part.innerHTML !== after.get(name).innerHTML && !("typed" in part.dataset)) part.replaceWith(after.get(name));
      }
    } else {
      document.getElementById("main").replaceWith(fresh.getElementById("main"));
    }
    document.title = fresh.title;
    document.body.dataset.version = fresh.body.dataset.version;
    unfolded.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    focused?.()?.focus({ preventScroll: true });
    return true;
  }

  // mark finds again, in a page that was put in anew, what had the focus: what stands in its place and reads
  // the same, or else leads to the same, as in a list that has grown.
  function mark(element) {
    const name = element?.closest("[data-part]")?.dataset.part;
    if (!name) return null;
    const all = () => [...parts(document).get(name)?.querySelectorAll("a, button, select, summary, [tabindex]") ?? []];
    const [at, text, href] = [all().indexOf(element), element.textContent, element.getAttribute("href")];
    return () => {
      const there = all()[at];
      if (there?.textContent === text) return there;
      return all().find((other) => href && other.getAttribute("href") === href) ?? there;
    };
  }

  // choose goes to what differs from this page by a choice, which is no step in the browser's history.
  async function choose(address) {
    history.replaceState(null, "", address);
    try {
      await show(location.href);
    } catch {
      location.reload();
    }
  }

  // poll leaves the laptop time for other work: a page that takes long is looked at less often.
  async function poll() {
    const began = performance.now();
    try {
      if (!document.hidden && await show(location.href)) said("This page has changed.");
    } catch {
      // The laptop has stopped; the page stays as it is, and is updated again when the laptop is back.
    }
    setTimeout(poll, Math.max(pause, 10 * (performance.now() - began)));
  }

  document.addEventListener("click", async (event) => {
    if (event.target.id === "empty") {
      if (!confirm("Forget all messages?")) return;
      await fetch("/api/messages", { method: "DELETE" });
      location.assign("/");
      return;
    }
    const choice = event.target.closest(".control a");
    if (!choice || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    choose(choice.href);
  });

  // What is chosen or typed in a form is asked for at once, without what is empty.
  const ask = (form) => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
    choose(form.getAttribute("action") + (query.size ? `?${query}` : ""));
  };
  document.addEventListener("change", (event) => {
    if (event.target.form && event.target.type !== "search") ask(event.target.form);
  });
  let typing;
  document.addEventListener("input", (event) => {
    if (event.target.type !== "search") return;
    clearTimeout(typing);
    typing = setTimeout(ask, 200, event.target.form);
  });
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    ask(event.target);
  });

  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const list = document.activeElement?.closest("[data-rows]");
    if (!step || !list) return;
    const links = [...list.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + step];
    if (next) { event.preventDefault(); next.focus(); }
  });

  document.documentElement.classList.add("scripted");
  poll();
})();
