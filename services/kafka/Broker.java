import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownMemberIdException;

/**
 * Kafka's own broker, and beside it in the same process what a lab needs: the topics that KAFKA_TOPICS names
 * ("orders:3 mails:1"), and on port 8000 whether they are there. What has gone in and out of each, and how far groups are,
 * is told to the drill alone, which shows the run's key: student code reaches this port too.
 */
public final class Broker {
    private static final String METRIC = "kafka.server:type=BrokerTopicMetrics,name=%s,topic=%s";
    private static final Map<String, String> COUNTED =
        Map.of("messages_in", "MessagesInPerSec", "bytes_in", "BytesInPerSec", "bytes_out", "BytesOutPerSec");
    private static final Map<String, Integer> TOPICS = topics();
    private static final String KEY = System.getenv().getOrDefault("OUTAGE_KEY", "");
    private static volatile Admin admin;

    public static void main(String[] arguments) throws Exception {
        Thread broker = new Thread(() -> kafka.Kafka.main(arguments), "kafka");
        broker.start();
        HttpServer server = HttpServer.create(new InetSocketAddress(8000), 0);
        server.setExecutor(Executors.newFixedThreadPool(2));
        server.createContext("/health", exchange -> answer(exchange, admin == null ? 503 : 200, "{}"));
        serve(server, "/drill/topics", Broker::counts);
        serve(server, "/drill/groups", Broker::committed);
        serve(server, "/drill/forget", Broker::forgetMembers);
        server.start();
        Admin made = Admin.create(Map.of("bootstrap.servers", "localhost:9092", "reconnect.backoff.ms", 20, "reconnect.backoff.max.ms", 50));
        make(made);
        admin = made;
    }

    private static Map<String, Integer> topics() {
        Map<String, Integer> found = new TreeMap<>();
        for (String topic : System.getenv().getOrDefault("KAFKA_TOPICS", "").trim().split("\\s+")) {
            String[] parts = topic.split(":");
            if (!topic.isEmpty()) {
                found.put(parts[0], parts.length > 1 ? Integer.parseInt(parts[1]) : 1);
            }
        }
        return found;
    }

    private static void make(Admin made) throws Exception {
        List<NewTopic> wanted = new ArrayList<>();
        TOPICS.forEach((name, partitions) -> wanted.add(new NewTopic(name, partitions, (short) 1)));
        for (var one : made.createTopics(wanted).values().values()) {
            try {
                one.get();
            } catch (ExecutionException problem) {
                if (!(problem.getCause() instanceof TopicExistsException)) {
                    throw problem;
                }
            }
        }
        made.describeTopics(TOPICS.keySet()).allTopicNames().get();
    }

    /** {"orders": {"bytes_in": 1, "bytes_out": 2, "messages_in": 3}}: since the broker was started; out: to consumers. */
    private static String counts() {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        List<String> topics = new ArrayList<>();
        for (String topic : TOPICS.keySet()) {
            List<String> counts = new ArrayList<>();
            COUNTED.forEach((key, name) -> counts.add("\"%s\": %d".formatted(key, count(beans, name, topic))));
            topics.add("\"%s\": {%s}".formatted(topic, String.join(", ", counts)));
        }
        return "{%s}".formatted(String.join(", ", topics));
    }

    private static long count(MBeanServer beans, String name, String topic) {
        try {
            return (Long) beans.getAttribute(new ObjectName(METRIC.formatted(name, topic)), "Count");
        } catch (JMException nothingYet) {
            return 0;
        }
    }

    /** {"billing": {"orders-0": 17}}: the offset that each group of consumers has committed. */
    private static String committed() throws Exception {
        List<String> told = new ArrayList<>();
        for (String group : groups()) {
            List<String> offsets = new ArrayList<>();
            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().forEach((partition, offset) -> {
                if (offset != null) {
                    offsets.add("\"%s\": %d".formatted(partition, offset.offset()));
                }
            });
            told.add("\"%s\": {%s}".formatted(group, String.join(", ", offsets)));
        }
        return "{%s}".formatted(String.join(", ", told));
    }

    /** All consumers are dead, says the drill: what Kafka would find out by itself when their sessions time out. */
    private static String forgetMembers() throws Exception {
        for (String group : groups()) {
            forget(group);
        }
        return "{}";
    }

    /** A member that leaves meanwhile is gone, too; a group without any member is an illegal argument to Kafka's client. */
    private static void forget(String group) throws Exception {
        try {
            admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all().get();
        } catch (ExecutionException problem) {
            if (!(problem.getCause() instanceof UnknownMemberIdException || problem.getCause() instanceof IllegalArgumentException)) {
                throw problem;
            }
        }
    }

    private static List<String> groups() throws Exception {
        return admin.listGroups().all().get().stream().map(GroupListing::groupId).sorted().toList();
    }

    /** What one page tells, as JSON. */
    private interface Page {
        String text() throws Exception;
    }

    private static void serve(HttpServer server, String path, Page page) {
        server.createContext(path, exchange -> {
            try {
                boolean known = !KEY.isEmpty() && KEY.equals(exchange.getRequestHeaders().getFirst("X-Outage-Key"));
                answer(exchange, known ? 200 : 403, known ? page.text() : "{}");
            } catch (Exception problem) {
                System.err.println(path + ": " + problem);
                answer(exchange, 500, "{}");
            }
        });
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
