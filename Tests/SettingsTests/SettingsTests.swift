import SafetyEngine
import Testing
