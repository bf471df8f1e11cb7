"""What the langchain engine needs besides LangChain; nothing here imports it."""
