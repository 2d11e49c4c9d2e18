import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;

/**
 * DynamoDB Local on the port given, in memory, until the standard input ends. It ends also where a test panics or is
 * killed, so no server is left behind.
 */
public class Serve {
  public static void main(String[] arguments) throws Exception {
    var server = ServerRunner.createServerFromCommandLineArgs(
        new String[] {"-inMemory", "-disableTelemetry", "-port", arguments[0]});
    server.start();
    while (System.in.read() >= 0) {
      // nothing is ever said
    }
    System.exit(0);
  }
}
