import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;

/**
 * Puts lines {"pattern": "...", "event": "..."} to event-ruler, and prints a line for each: true, false, INVALID for a
 * pattern that is refused, ERROR for an event that cannot be read.
 */
public class Match {
  public static void main(String[] arguments) throws Exception {
    var json = new ObjectMapper();
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      var question = json.readTree(line);
      out.println(answer(question.get("pattern").asText(), question.get("event").asText()));
    }
    out.flush();
  }

  static String answer(String pattern, String event) {
    String wrong = JsonRuleCompiler.check(pattern);
    if (wrong != null) {
      return "INVALID " + oneLine(wrong);
    }
    try {
      var machine = Machine.builder().build();
      machine.addRule("rule", pattern);
      return Boolean.toString(!machine.rulesForJSONEvent(event).isEmpty());
    } catch (Exception e) {
      return "ERROR " + oneLine(String.valueOf(e.getMessage()));
    }
  }

  static String oneLine(String message) {
    return message.lines().findFirst().orElse("");
  }
}
