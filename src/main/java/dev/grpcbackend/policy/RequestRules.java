package dev.grpcbackend.policy;

import build.buf.protovalidate.ValidationResult;
import build.buf.protovalidate.Validator;
import build.buf.protovalidate.ValidatorFactory;
import build.buf.protovalidate.exceptions.CompilationException;
import build.buf.protovalidate.exceptions.ValidationException;
import build.buf.validate.FieldPath;
import build.buf.validate.FieldPathElement;
import build.buf.validate.Violation;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import dev.grpcbackend.rpc.Status;
import dev.grpcbackend.rpc.StatusException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules for the requests of one method. Thread-safe. */
final class RequestRules {

  /** Of a message with more, the rest is not told: what a caller sends decides how long an answer is. */
  private static final int MAX_VIOLATIONS = 20;

  private static final int MAX_TEXT_CHARS = 300;

  private final Validator validator;

  private RequestRules(Validator validator) {
    this.validator = validator;
  }

  /** Compiles them, as the first call would wait for that. */
  static RequestRules of(String method, Descriptor type) {
    try {
      return new RequestRules(
          ValidatorFactory.newBuilder().buildWithDescriptors(List.of(type), true));
    } catch (CompilationException wrong) {
      throw new IllegalArgumentException(
          method + ": rules of " + type.getFullName() + ": " + wrong.getMessage(), wrong);
    }
  }

  /** Returns what is wrong with a message, null for nothing. */
  @Nullable
  StatusException check(Message message) {
    ValidationResult result;
    try {
      result = validator.validate(message);
    } catch (ValidationException broken) {
      throw new IllegalStateException(
          "rules of " + message.getDescriptorForType().getFullName(), broken);
    }
    return result.isSuccess() ? null : refusal(result);
  }

  private static StatusException refusal(ValidationResult result) {
    List<Violation> all = result.toProto().getViolationsList();
    BadRequest.Builder details = BadRequest.newBuilder();
    for (Violation violation : all.subList(0, Math.min(all.size(), MAX_VIOLATIONS))) {
      details
          .addFieldViolationsBuilder()
          .setField(path(violation.getField()))
          .setDescription(shortened(violation.getMessage()))
          .setReason(violation.getRuleId());
    }
    BadRequest.FieldViolation first = details.getFieldViolations(0);
    String field = first.getField().isEmpty() ? "" : first.getField() + ": ";
    String others = all.size() == 1 ? "" : " (and " + (all.size() - 1) + " more)";
    return Status.INVALID_ARGUMENT
        .withDescription(field + first.getDescription() + others)
        .withDetails(details.build());
  }

  /** As in {@code items[2].labels["a"].name}. */
  private static String path(FieldPath path) {
    StringBuilder text = new StringBuilder();
    for (FieldPathElement element : path.getElementsList()) {
      text.append(text.length() == 0 ? "" : ".").append(element.getFieldName());
      switch (element.getSubscriptCase()) {
        case INDEX -> text.append('[').append(element.getIndex()).append(']');
        case BOOL_KEY -> text.append('[').append(element.getBoolKey()).append(']');
        case INT_KEY -> text.append('[').append(element.getIntKey()).append(']');
        case UINT_KEY ->
          text.append('[').append(Long.toUnsignedString(element.getUintKey())).append(']');
        case STRING_KEY ->
          text.append("[\"").append(shortened(element.getStringKey())).append("\"]");
        default -> {
          // A field that is no list and no map.
        }
      }
    }
    return text.toString();
  }

  private static String shortened(String text) {
    return text.length() <= MAX_TEXT_CHARS ? text : text.substring(0, MAX_TEXT_CHARS) + "...";
  }
}
