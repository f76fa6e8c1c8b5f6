// Shows the token once, in a header and not in an address; from then on a cookie lets us in.

const refused = document.getElementById("refused");

document.getElementById("door").addEventListener("submit", async (event) => {
  event.preventDefault();
  refused.hidden = true;
  const token = document.getElementById("token").value;
  try {
    const answer = await fetch("/", { headers: { Authorization: `Bearer ${token}` } });
    if (answer.ok) {
      location.replace("/");
      return;
    }
    say("That is not the token.");
  } catch {
    say("The daemon does not answer.");
  }
});

function say(text) {
  refused.textContent = text;
  refused.hidden = false;
  document.getElementById("token").select();
}
